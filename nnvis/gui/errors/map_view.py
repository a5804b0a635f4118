"""The map of the pictures: near each other where the network takes them for alike."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QRubberBand, QVBoxLayout, QWidget

from nnvis.error_analysis.picture_map import PictureMap
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.plot import Plot
from nnvis.language import tr

WAYS = {
    "pca": ("PCA", "Two principal components: distances mean something"),
    "tsne": ("t-SNE", "Neighbours stay together; distances mean nothing. Takes a while"),
}
COLOURS = {
    "right": ("Right or wrong", "Wrong ones are red crosses"),
    "class": ("Class", "A hue for each class that the pictures show"),
}
_SIZE = 6
_AT_ONCE = 2000  # points that are added before the window listens again


class MapView(QWidget):
    """A rectangle drawn with the mouse picks what is in it."""

    asked = Signal(str)  # "pca" or "tsne"
    cancelled = Signal()
    brushed = Signal(object)  # rows

    def __init__(self) -> None:
        super().__init__()
        self.ways = ChoiceRow("Map by", WAYS)
        self.colours = ChoiceRow("Colours of the map", COLOURS)
        self.plot = _BrushPlot()
        self.note = PlainLabel("Choose how the pictures are laid out")
        self.note.setObjectName("dim")
        self.note.setWordWrap(True)
        self.cancel = QPushButton(tr("Cancel"))
        KeepKeys(self.cancel, PRESS)
        self.cancel.hide()
        row = QHBoxLayout()
        row.addWidget(self.ways)
        row.addWidget(self.colours)
        row.addStretch(1)
        row.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.note)
        self.colours.show_choice("right")
        self._colour = "right"
        self._map: PictureMap | None = None
        self._truths = np.zeros(0, np.int64)
        self._right = np.zeros(0, bool)
        self._parts: deque[tuple[NDArray[np.float32], bool, Any]] = deque()  # still to be drawn
        self._drawing = QTimer(self, interval=0)
        self._drawing.timeout.connect(self._draw_part)
        self.ways.chosen.connect(lambda way: self.asked.emit(way))
        self.cancel.clicked.connect(self.cancelled)
        self.colours.chosen.connect(self._recolour)
        self.plot.brushed.connect(self._brush)

    def set_pictures(self, truths: NDArray[np.int64], right: NDArray[np.bool_]) -> None:
        """Take over what the pictures are; the map is of others now."""
        self._truths, self._right, self._map = truths, right, None
        self.plot.getPlotItem().clear()
        self._parts.clear()
        self.note.setText("Choose how the pictures are laid out")

    def show_progress(self, text: str) -> None:
        """Say that a map is being made; "": no longer."""
        self.cancel.setVisible(bool(text))
        if text:
            self.note.setText(text)
        elif self._map is not None:
            self._say()
        else:
            self.note.setText("Choose how the pictures are laid out")

    def show_map(self, found: PictureMap) -> None:
        """Draw a map."""
        self._map = found
        self.ways.show_choice(found.how)
        self._draw()

    def _recolour(self, colour: str) -> None:
        self._colour = colour
        self._draw()

    def _say(self) -> None:
        if self._map is not None:
            self.note.setText(f"{self._map.note}. Draw a rectangle to pick pictures.")

    def _draw(self) -> None:
        item = self.plot.getPlotItem()
        item.clear()
        self._parts.clear()
        if self._map is None:
            return
        rows, places = self._map.rows, self._map.places
        (left, low), (end, high) = places.min(0).tolist(), places.max(0).tolist()
        item.vb.setRange(xRange=(left, end), yRange=(low, high))
        right = self._right[rows]
        classes = np.unique(self._truths)
        # Wrong ones are drawn last, and are crosses: who sees no hue finds them all the same.
        for wrong in (False, True):
            for at, one in enumerate(classes if self._colour == "class" else [None]):
                chosen = right != wrong
                colour = theme.BAD if wrong else theme.GOOD
                if one is not None:
                    chosen = chosen & (self._truths[rows] == one)
                    colour = pg.intColor(at, hues=max(len(classes), 6))
                some = places[chosen]
                for first in range(0, len(some), _AT_ONCE):
                    self._parts.append((some[first : first + _AT_ONCE], wrong, colour))
        self._say()
        self._drawing.start()

    def _draw_part(self) -> None:
        if not self._parts:
            self._drawing.stop()
            return
        places, wrong, colour = self._parts.popleft()
        self.plot.getPlotItem().addItem(
            pg.ScatterPlotItem(
                places[:, 0], places[:, 1], symbol="x" if wrong else "o",
                size=_SIZE + 3 * wrong, pen=None, brush=pg.mkBrush(colour),
            )
        )  # fmt: skip

    def _brush(self, region: QRectF) -> None:
        if self._map is None:
            return
        x, y = self._map.places.T
        inside = (x >= region.left()) & (x <= region.right())
        inside &= (y >= region.top()) & (y <= region.bottom())
        if inside.any():
            self.brushed.emit(self._map.rows[inside])


class _BrushPlot(Plot):
    """Tells the rectangle that the mouse drew, in the coordinates of the axes."""

    brushed = Signal(QRectF)

    def __init__(self) -> None:
        super().__init__(background=theme.PANEL)
        self.setAccessibleName(tr("Map of the pictures"))
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        for side in ("left", "bottom"):
            self.getPlotItem().hideAxis(side)
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self)
        self._start: QPointF | None = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._start = event.position()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is not None:
            self._band.setGeometry(QRectF(self._start, event.position()).normalized().toRect())
            self._band.show()
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        start, self._start = self._start, None
        self._band.hide()
        if start is None:
            super().mouseReleaseEvent(event)
            return
        box = self.getPlotItem().vb
        ends = [box.mapSceneToView(self.mapToScene(one.toPoint())) for one in
                (start, event.position())]  # fmt: skip
        self.brushed.emit(QRectF(*ends).normalized())
