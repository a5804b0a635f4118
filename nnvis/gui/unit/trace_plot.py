"""The last ten seconds of the selected unit as curves; the only module that imports pyqtgraph."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import vbox
from nnvis.language import tr

SECONDS = 10.0
DRAW_S = 0.09  # curves are drawn at most so often
ROOM = 1.15  # how much more than its values the axis shows when it has to change


class TracePlot(QWidget):
    """The axis grows at once, and shrinks only when the curve fills less than a third of it."""

    def __init__(self) -> None:
        super().__init__()
        self._points: deque[tuple[float, float, float]] = deque()  # time, max, mean
        self._drawn_at = -math.inf
        self._span = (0.0, 1.0)
        self.setAccessibleName(tr("Maximum and mean of the unit over the last ten seconds"))
        self.setMinimumHeight(84)
        self._plot = pg.PlotWidget(background=theme.PANEL)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        vbox(self._plot, edge=0, of=self)
        item = self._plot.getPlotItem()
        for side in ("left", "bottom"):
            axis = item.getAxis(side)
            axis.setPen(pg.mkPen(theme.LINE))
            axis.setTextPen(pg.mkPen(theme.DIM))
            axis.setStyle(
                tickFont=theme.small(self.font(), 0.8), tickLength=-4, hideOverlappingLabels=False
            )
        item.getAxis("left").setWidth(40)
        item.getAxis("bottom").setHeight(20)
        item.getAxis("bottom").setTicks([[(-10, "-10 s"), (-5, "-5 s"), (0, "now")]])
        self._plot.setXRange(-SECONDS, 0, padding=0)
        item.layout.setContentsMargins(0, 6, 22, 0)  # room for the outermost tick labels
        self._mean = self._plot.plot(pen=pg.mkPen(theme.DIM, width=1, style=Qt.PenStyle.DashLine))
        self._max = self._plot.plot(
            pen=pg.mkPen(theme.ACCENT, width=1.5),
            symbolSize=5,
            symbolBrush=theme.ACCENT,
            symbolPen=None,
        )

    def clear_points(self) -> None:
        """Begin anew: another unit."""
        self._points.clear()
        self._drawn_at = -math.inf
        self._max.setData([], [])
        self._mean.setData([], [])

    def add(self, at: float, highest: float, mean: float) -> None:
        """Add what the unit did at `at` (time.monotonic())."""
        self._points.append((at, highest, mean))
        while self._points[0][0] < at - SECONDS:
            self._points.popleft()
        if at - self._drawn_at >= DRAW_S and self.isVisible():
            self._drawn_at = at
            self._draw(at)

    def _draw(self, now: float) -> None:
        points = np.array(self._points)
        self._max.setData(points[:, 0] - now, points[:, 1])
        self._mean.setData(points[:, 0] - now, points[:, 2])
        self._max.setSymbol("o" if len(points) == 1 else None)  # a line needs two
        low, high = float(points[:, 1:].min()), float(points[:, 1:].max())
        span = axis_span(self._span, low, high)
        if span != self._span or len(points) == 1:
            self._span = span
            self._plot.setYRange(*span, padding=0)


def axis_span(span: tuple[float, float], low: float, high: float) -> tuple[float, float]:
    """Return what the axis shows next, given what it shows and what the values reach."""
    low, high = min(low, 0.0), max(high, 0.0)
    if not (math.isfinite(low) and math.isfinite(high)):
        return span
    high = max(high, low + 1e-6)
    fits = span[0] <= low and high <= span[1]
    if fits and high - low > (span[1] - span[0]) / 3:
        return span
    return low * ROOM, high * ROOM
