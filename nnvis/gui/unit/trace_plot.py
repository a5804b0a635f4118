"""The last seconds of the selected unit as curves, and where among them one has gone back to."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.number_text import MINUS
from nnvis.language import tr

SECONDS = 10.0  # that are in sight
KEPT_S = 30.0  # as far as a person can go back
GAP_S, GAP_STEPS = 1.5, 4  # longer than both, nobody looked meanwhile
LEAD_S = 2.0  # of the trace before the frame that one has gone back to
DRAW_S = 0.09  # curves are drawn at most so often
ROOM = 1.15  # how much more than its values the axis shows when it has to change


@dataclass(frozen=True, slots=True)
class TracePoint:
    """What the unit did at a time."""

    at: float
    highest: float
    mean: float


class TracePlot(QWidget):
    """The axis grows at once, and shrinks only when the curve fills less than a third of it.

    While a frame of before is in sight time stands still: it is marked, and nothing is added after.
    """

    def __init__(self) -> None:
        super().__init__()
        self.points: list[TracePoint] = []  # by time
        self.held: float | None = None  # the time of the frame in sight, if one has gone back
        self._drawn_at = -math.inf
        self._span = (0.0, 1.0)
        self._seen: tuple[float, str] | None = None  # which seconds, and how the last is called
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
        self._mark = pg.InfiniteLine(pen=pg.mkPen(theme.ACCENT, width=1))
        self._mark.hide()
        self._plot.addItem(self._mark)
        self._dot = self._plot.plot(symbol="o", symbolSize=6, symbolPen=None, pen=None)
        self._see(0.0)
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
        self.points.clear()
        self._drawn_at = -math.inf
        self._max.setData([], [])
        self._mean.setData([], [])

    def add(self, at: float, highest: float, mean: float) -> None:
        """Add what the unit did at `at` (time.monotonic()); time goes on."""
        if self.held is not None:
            self.held = None
            self._mark.hide()
            self._dot.setData([], [])
        self._put(TracePoint(at, highest, mean))
        if at - self._drawn_at >= DRAW_S and self.isVisible():
            self._drawn_at = at
            self._draw(self.points[-1].at)

    def hold(self, at: float, highest: float, mean: float, newest: float) -> None:
        """Mark the frame of `at`, to which one has gone back from that of `newest`."""
        self.held = at
        self._put(TracePoint(at, highest, mean))
        self._mark.setPen(pg.mkPen(theme.ACCENT, width=1))  # of the theme of now
        self._mark.setValue(at - newest)
        self._dot.setData([at - newest], [highest], symbolBrush=theme.ACCENT)
        self._mark.show()
        self._drawn_at = -math.inf
        self._draw(newest)

    @property
    def marked(self) -> float | None:
        """Where the mark stands, in seconds, 0 at the newest frame; None: time goes on."""
        return float(self._mark.value()) if self._mark.isVisible() else None

    def _put(self, point: TracePoint) -> None:
        points = self.points
        place = bisect_left(points, point.at, key=lambda one: one.at)
        same = place < len(points) and points[place].at == point.at
        points[place : place + same] = [point]
        while points[0].at < points[-1].at - KEPT_S:
            points.pop(0)

    def _draw(self, now: float) -> None:
        points = np.array([(one.at - now, one.highest, one.mean) for one in self.points])
        back = min(0.0, self.held - now + SECONDS - LEAD_S) if self.held is not None else 0.0
        self._see(back)
        times, values = points[:, 0], points[:, 1:]
        joined = _joined(times)
        self._max.setData(times, values[:, 0], connect=joined)
        self._mean.setData(times, values[:, 1], connect=joined)
        self._max.setSymbol("o" if len(points) == 1 else None)  # a line needs two
        near = values[(times >= back - SECONDS) & (times <= back)]
        if not len(near):
            return
        span = axis_span(self._span, float(near.min()), float(near.max()))
        if span != self._span or len(points) == 1:
            self._span = span
            self._plot.setYRange(*span, padding=0)

    def _see(self, end: float) -> None:
        """Show the seconds up to `end`, which is 0 or before that."""
        last = tr("now") if self.held is None else tr("0 s")
        if (end, last) == self._seen:
            return  # the same again would let the axes be drawn anew
        self._seen = (end, last)
        every = [*range(-round(KEPT_S), 0, 5)]
        ticks = [(one, f"{MINUS}{-one} s") for one in every if end - SECONDS <= one <= end]
        if not end:
            ticks.append((0, last))
        self._plot.getPlotItem().getAxis("bottom").setTicks([ticks])
        self._plot.setXRange(end - SECONDS, end, padding=0)


def _joined(times: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points are joined with the next one: no line goes where nobody looked."""
    steps = np.diff(times, append=np.inf)
    usual = float(np.median(steps[:-1])) if len(steps) > 1 else 0.0
    return np.asarray(steps <= max(GAP_S, GAP_STEPS * usual))


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
