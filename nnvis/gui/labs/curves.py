"""Curves of a lab: the mean over seeds as a line, one deviation as a band, growing."""

from __future__ import annotations

import html
import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.plot import dark_plot
from nnvis.labs.framework.lab import Panel
from nnvis.labs.framework.record import Record, mean_and_band
from nnvis.language import tr, verbatim

COLOURS = (
    "#4ea8f5", "#f2a65a", "#5cc98f", "#e879a6", "#a98bf0", "#f0d55c", "#45bfae", "#ff7a6e",
    "#9fb6d8", "#c9e265", "#d59bf6", "#8a93a5",
)  # fmt: skip
# Who sees no hue tells curves apart by stroke and mark; the legend shows them.
STROKES = (
    ("\N{BOX DRAWINGS HEAVY HORIZONTAL}\N{BLACK CIRCLE}", Qt.PenStyle.SolidLine, "o"),
    ("\N{BOX DRAWINGS HEAVY DOUBLE DASH HORIZONTAL}\N{BLACK SQUARE}", Qt.PenStyle.DashLine, "s"),
    ("\N{BOX DRAWINGS LIGHT QUADRUPLE DASH HORIZONTAL}\N{BLACK UP-POINTING TRIANGLE}",
     Qt.PenStyle.DotLine, "t1"),
    ("\N{BOX DRAWINGS HEAVY HORIZONTAL}\N{MIDDLE DOT}\N{BLACK DIAMOND}",
     Qt.PenStyle.DashDotLine, "d"),
)  # fmt: skip
FEW = 12  # points up to which each gets a mark
BAND = 34  # of 255
HIGH = 290  # points


class CurvePlot(QWidget):
    """One panel; its legend stands below, where it covers no curve."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self.panel = panel
        self.plot = dark_plot(panel.title, panel.across)
        self.plot.getPlotItem().getAxis("left").setWidth(52)
        for side in ("left", "bottom"):  # shares and counts have no milli and kilo
            self.plot.getPlotItem().getAxis(side).enableAutoSIPrefix(False)
        self.plot.getPlotItem().showGrid(x=False, y=True, alpha=0.12)
        self.plot.getPlotItem().getAxis("bottom").setLogMode(x=panel.log, y=False)
        self.plot.setFixedHeight(HIGH)
        self.legend = PlainLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)  # its dots are coloured; names escaped
        self.legend.setWordWrap(True)
        vbox((self.plot, 1), self.legend, gap=4, edge=0, of=self)
        self._curves: dict[str, _Curve] = {}
        self.say_again()
        self._record: Record | None = None

    def say_again(self) -> None:
        """Name axes and curves in the language in use."""
        for side, text in (("left", self.panel.up), ("bottom", self.panel.across)):
            size = {"font-size": "8pt"}
            self.plot.getPlotItem().setLabel(side, tr(text), color=theme.DIM.name(), **size)
        self._name_curves()

    def show_record(self, record: Record | None) -> None:
        """Draw what `record` has of this panel; only curves that have grown are drawn again."""
        if record is not self._record:
            self._record = record
            self._curves = {}
            self.plot.getPlotItem().clear()
        found = {} if record is None else record.curves
        for (panel, name), points in found.items():
            if panel != self.panel.name:
                continue
            if name not in self._curves:
                self._curves[name] = _Curve(self.plot, len(self._curves), bool(self.panel.names))
            curve = self._curves[name]
            if curve.drawn != points:
                curve.draw(mean_and_band(points, self.panel.within), self.panel.log)
                curve.drawn = list(points)
        self._mark_places()
        self._name_curves()

    def _name_curves(self) -> None:
        self.legend.setText(verbatim(
            "&nbsp;&nbsp; ".join(
                f"<span style='color:{one.colour}'>{one.sample}</span>&nbsp;"
                f"{html.escape(tr(name)).replace(' ', '&nbsp;')}"
                for name, one in self._curves.items()
            )
        ))  # fmt: skip

    def _mark_places(self) -> None:
        """Few measured places get a tick each: no half layers, and no powers of ten between."""
        places: set[float] = set()
        for one in self._curves.values():
            places.update(one.places)
        axis = self.plot.getPlotItem().getAxis("bottom")
        if self.panel.names:
            axis.setTicks([list(enumerate(map(tr, self.panel.names), 1))])
            return
        few = 0 < len(places) <= FEW
        axis.setTicks(
            [[(math.log10(x) if self.panel.log else x, f"{x:g}") for x in sorted(places)]]
            if few and (not self.panel.log or min(places) > 0)
            else None
        )


class _Curve:
    """A line and its band; marks and error bars where there is nothing between the places."""

    def __init__(self, plot: pg.PlotWidget, number: int, apart: bool = False) -> None:
        colour = self.colour = COLOURS[number % len(COLOURS)]
        self.sample, style, self._symbol = STROKES[number % len(STROKES)]
        self.drawn: list[tuple[float, tuple[float, ...]]] = []
        self.places: list[float] = []  # x, while they are few
        fill = pg.mkColor(colour)
        fill.setAlpha(BAND)
        self._low, self._high = pg.PlotCurveItem(pen=None), pg.PlotCurveItem(pen=None)
        self._band = pg.FillBetweenItem(self._low, self._high, brush=pg.mkBrush(fill))
        self._line = pg.PlotDataItem(
            pen=None if apart else pg.mkPen(colour, width=2, style=style),
            symbolBrush=colour,
            symbolPen=None,
            symbolSize=6,
        )
        self._bars = pg.ErrorBarItem(pen=pg.mkPen(colour), beam=0.06) if apart else None
        self._aside = 0.05 * number if apart else 0.0
        band = () if apart else (self._low, self._high, self._band)
        for item in (*band, self._line, *([self._bars] if self._bars else [])):
            plot.addItem(item)

    def draw(self, points: np.ndarray, log: bool) -> None:
        x, mean, low, high = points
        self.places = [float(f"{one:.3g}") for one in x[: FEW + 1]]
        if log:
            positive = x > 0
            x, mean, low, high = np.log10(x[positive]), *points[1:, positive]
        x = x + self._aside
        order = np.argsort(x, kind="stable")
        self._line.setSymbol(self._symbol if len(x) <= FEW else None)
        self._line.setData(x[order], mean[order])
        if self._bars:
            self._bars.setData(x=x, y=mean, top=high - mean, bottom=mean - low)
        self._low.setData(x[order], low[order])
        self._high.setData(x[order], high[order])
