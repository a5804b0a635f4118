"""The map of the pictures: near each other where the network takes them for alike."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from nnvis.error_analysis.picture_map import PictureMap
from nnvis.gui.errors.map_plot import MapPlot
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

WAYS = {
    "pca": ("PCA", "Two principal components: distances mean something"),
    "tsne": ("t-SNE", "Neighbours stay together; distances mean nothing. Takes a while"),
}
COLOURS = {
    "right": ("Right or wrong", "Wrong ones are red crosses"),
    "class": ("Class", "A hue for each class that the pictures show"),
}


class MapView(QWidget):
    """A rectangle drawn with the mouse picks what is in it."""

    asked = Signal(str)  # "pca" or "tsne"
    cancelled = Signal()
    brushed = Signal(object)  # rows

    def __init__(self) -> None:
        super().__init__()
        self.ways = ChoiceRow("Map by", WAYS)
        self.colours = ChoiceRow("Colours of the map", COLOURS)
        self.plot = MapPlot()
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
        self.ways.chosen.connect(lambda way: self.asked.emit(way))
        self.cancel.clicked.connect(self.cancelled)
        self.colours.chosen.connect(self._recolour)
        self.plot.brushed.connect(self._brush)

    def set_pictures(self, truths: NDArray[np.int64], right: NDArray[np.bool_]) -> None:
        """Take over what the pictures are; the map is of others now."""
        self._truths, self._right, self._map = truths, right, None
        self.plot.clear()
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
        if found is not self._map:
            self.plot.unmark()  # what was drawn lies elsewhere here
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
        if self._map is None:
            return
        rows = self._map.rows
        wrong = ~self._right[rows]
        if self._colour == "class":
            classes, hues = np.unique(self._truths, return_inverse=True)
            several = max(len(classes), 6)
            table = [pg.intColor(at, hues=several) for at in range(len(classes))]
            which = hues[rows]
        else:
            table, which = [theme.GOOD, theme.BAD], wrong.astype(np.int64)
        colours = np.array([(one.red(), one.green(), one.blue(), 0) for one in table], np.uint8)
        # Wrong ones are crosses: who sees no hue finds them all the same.
        self.plot.show_points(self._map.places, colours[which], wrong)
        self._say()

    def _brush(self, which: NDArray[np.int64]) -> None:
        if self._map is not None:
            self.brushed.emit(self._map.rows[which])
