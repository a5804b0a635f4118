"""A plot in the style of the theme that holds still: no menu, no zoom; a click is a click."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from nnvis.gui.widgets import theme
from nnvis.language import tr


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """Tells where it was clicked, in the coordinates of its scene."""

    clicked = Signal(QPointF)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.mapToScene(event.position().toPoint()))


def dark_plot(name: str, below: str) -> Plot:
    """Return a plot called `name`, with `below` under its axis."""
    plot = Plot(background=theme.PANEL)
    plot.setAccessibleName(tr(name))
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setMenuEnabled(False)
    plot.setMouseEnabled(x=False, y=False)
    plot.hideButtons()
    item = plot.getPlotItem()
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setPen(pg.mkPen(theme.LINE))
        axis.setTextPen(pg.mkPen(theme.DIM))
        axis.setStyle(tickFont=theme.small(plot.font(), 0.8), tickLength=-4)
    item.getAxis("left").setWidth(38)
    item.setLabel("bottom", tr(below), color=theme.DIM.name(), **{"font-size": "8pt"})
    item.layout.setContentsMargins(0, 6, 10, 0)
    return plot


def redress(windows: Iterable[QWidget], changed: Mapping[str, str]) -> None:
    """Give plots the colours that took the place of those they were made with."""
    for window in windows:
        for plot in window.findChildren(pg.PlotWidget):
            plot.setBackground(theme.PANEL)
            item = plot.getPlotItem()
            for side in ("left", "bottom"):
                item.getAxis(side).setPen(pg.mkPen(theme.LINE))
                item.getAxis(side).setTextPen(pg.mkPen(theme.DIM))
            for curve in item.listDataItems():
                pen = pg.mkPen(curve.opts["pen"])
                if pen.color().name() in changed:
                    pen.setColor(changed[pen.color().name()])
                    curve.setPen(pen)
