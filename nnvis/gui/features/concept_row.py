"""One concept: its colour, where it is strongest, what the class loses without it, and a switch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import hbox
from nnvis.gui.widgets.number_text import MINUS
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.imaging.concept_colours import CONCEPT_COLOURS
from nnvis.language import tr

SIDE = 54  # points of a picture


class ConceptRow(QWidget):
    """Emits whether the concept is to be off."""

    switched = Signal(int, bool)

    def __init__(self, number: int, tops: Sequence[NDArray[np.uint8]]) -> None:
        super().__init__()
        self._number = number
        swatch = PlainLabel()
        swatch.setFixedSize(12, 12)
        red, green, blue = CONCEPT_COLOURS[number]
        swatch.setStyleSheet(f"background: rgb({red}, {green}, {blue}); border-radius: 3px")
        name = PlainLabel(f"Concept {number + 1}")
        self.off = QCheckBox(tr("off"))
        self.off.setAccessibleName(tr(f"Concept {number + 1} off"))
        self.off.setToolTip(tr("Subtract it from its layer, and see what the network says then"))
        KeepKeys(self.off, PRESS)
        self.share = PlainLabel("…", kind="dim")
        self.share.setToolTip(tr("What the class loses where this concept alone is subtracted"))
        self.pictures = QHBoxLayout()
        self.pictures.setSpacing(3)
        for place, top in enumerate(tops):
            picture = PictureView(f"Concept {number + 1}, picture {place + 1}", least=SIDE)
            picture.setFixedSize(SIDE, SIDE)
            picture.show_picture(top)
            self.pictures.addWidget(picture)
        self.pictures.addStretch(1)
        head, words = QHBoxLayout(), QVBoxLayout()
        head.setSpacing(6)
        for widget in (swatch, name):
            head.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addStretch(1)
        head.addWidget(self.off)
        words.setSpacing(1)
        words.addLayout(head)
        words.addWidget(self.share)
        words.addStretch(1)
        hbox((words, 1), self.pictures, gap=8, edge=(0, 2, 0, 2), of=self)
        self.off.toggled.connect(lambda on: self.switched.emit(self._number, on))

    def show_reading(self, area: float, share: float | None) -> None:
        """Show where it is strongest, as a part of the picture, and what the class loses."""
        text = f"{area:.0%} of the picture"
        if share is not None:
            text += f", class {'+' if share < 0 else MINUS}{abs(share) * 100:.1f} points without"
        self.share.setText(text)

    def show_area(self, area: float) -> None:
        """Show where it is strongest; what the class loses is being worked out."""
        self.share.setText(f"{area:.0%} of the picture, class …")

    def forget(self) -> None:
        """Show no numbers: they are of something else."""
        self.share.setText("…")
