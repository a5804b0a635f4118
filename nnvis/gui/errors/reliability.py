"""The reliability diagram: how often the network is right, at how sure it says it is."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnvis.error_analysis.rates import Calibration
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.plot import dark_plot
from nnvis.language import tr


class Reliability(QWidget):
    """Bars on the line are honest; below it the network is surer than it is right."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = dark_plot("Reliability diagram", "probability of the first class")
        self.plot.getPlotItem().setLabel(
            "left", tr("share that is right"), color=theme.DIM.name(), **{"font-size": "8pt"}
        )
        self.plot.getPlotItem().getAxis("left").setWidth(52)
        for side in ("left", "bottom"):
            self.plot.getPlotItem().getAxis(side).enableAutoSIPrefix(False)
        self.text = PlainLabel()
        self.text.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(self.plot, 1)

    def show_calibration(self, found: Calibration, text: str) -> None:
        """Draw the bins that have pictures."""
        self.text.setText(f"{text} Brier score {found.brier:.3f}.")
        item = self.plot.getPlotItem()
        item.clear()
        some = [one for one in found.bins if one.count]
        most = max((one.count for one in some), default=1)
        for one in some:
            colour = pg.mkColor(theme.ACCENT)
            colour.setAlphaF(0.25 + 0.75 * one.count / most)
            bar = pg.BarGraphItem(
                x0=[one.low], x1=[one.high], y0=[0], y1=[one.accuracy], brush=colour,
                pen=pg.mkPen(theme.PANEL),
            )  # fmt: skip
            bar.setToolTip(plain_tip(f"{one.count} pictures, {one.accuracy:.0%} right"))
            item.addItem(bar)
        item.plot([0, 1], [0, 1], pen=pg.mkPen(theme.DIM, style=Qt.PenStyle.DashLine))
        item.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.02)
