"""The pictures of the card: one that is large, and a row of small ones that can take its place."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

SEEDS = 3
SMALL = 40
MAP, ATTRIBUTION = "map", "back"
NAMES: dict[str | int, str] = {MAP: "map now", ATTRIBUTION: "looked back, now"}

Picture = NDArray[np.uint8]


class FeatureImageViews(QWidget):
    """`large` holds what forms, unless a small picture was clicked; `instead` covers it."""

    enlarged = Signal()  # something else is shown large from now on

    def __init__(self, instead: QWidget) -> None:
        super().__init__()
        self._big: str | int | None = None  # what was clicked: MAP, BACK, a seed; None: what forms
        self._known: dict[str | int, Picture] = {}  # what each small one shows
        self._last = 0  # the seed that formed last
        self.large = PictureView("Preferred picture of the unit", least=120)
        self.map = PictureView("Map of the unit", pixels=True, least=SMALL)
        self.attribution = PictureView("What in the picture drives the unit now", least=SMALL)
        self.seeds = [PictureView(f"Preferred picture {n + 1}", least=SMALL) for n in range(SEEDS)]
        self._names = [PlainLabel(f"seed {n}") for n in range(SEEDS)]
        self.attributing = QToolButton()
        self.attributing.setObjectName("choice")
        self.attributing.setText(tr("back"))
        self.attributing.setCheckable(True)
        self.attributing.setAccessibleName(tr("Look back"))
        self.attributing.setToolTip(
            tr(
                "Follow the unit back to the picture in every frame; costs a backward pass.\n"
                "The page Look back has the views."
            )
        )
        KeepKeys(self.attributing, PRESS)
        small: list[tuple[str | int, PictureView]] = [
            (MAP, self.map),
            (ATTRIBUTION, self.attribution),
        ]
        for what, pane in (*small, *enumerate(self.seeds)):
            pane.setToolTip(tr("Click to enlarge, and back"))
            pane.clicked.connect(partial(self._enlarge, what))
        self.large.clicked.connect(partial(self._enlarge, None))
        self._arrange(instead)

    def show_now(self, what: str, picture: Picture) -> None:
        """Show MAP or BACK as it is in the frame of now."""
        self._known[what] = picture
        pane = self.map if what == MAP else self.attribution
        pane.show_picture(picture)
        if self._big == what:
            self.large.show_picture(picture)

    def veil(self, what: str) -> None:
        """Veil MAP or BACK: it is not of now."""
        self._known.pop(what, None)
        pane = self.map if what == MAP else self.attribution
        pane.set_stale()
        if self._big == what:
            self.large.set_stale()

    def show_seed(self, place: int, picture: Picture) -> None:
        """Show the picture of seed `place` as it is so far."""
        self._known[place], self._last = picture, place
        if place < SEEDS:
            self.seeds[place].show_picture(picture)
        if self._big in (None, place):
            self.large.show_picture(picture)

    def note(self, place: int, text: str) -> None:
        """Say how far seed `place` is, where it is the one that is large."""
        if self._big in (None, place):
            self.large.set_note(text)

    def forget(self) -> None:
        """Veil what was made of another unit; what follows the frame comes by itself."""
        for place, pane in enumerate(self.seeds):
            self._known.pop(place, None)
            pane.set_stale()
        if self._big not in (MAP, ATTRIBUTION):
            self._big = None
            self.large.set_stale()
            self.large.set_note("")

    def show_made_of(self, of_unit: bool) -> None:
        """Leave room for one picture, where it is not the unit that is raised."""
        for widget in (*self.seeds[1:], *self._names[1:]):
            widget.setVisible(of_unit)
        self._names[0].setText("seed 0" if of_unit else tr("dreamt"))

    def _enlarge(self, what: str | int | None, *_place: float) -> None:
        """Show a small picture in the large one's place; asked again, what forms."""
        self._big = None if what == self._big else what
        self.large.set_pixels(self._big == MAP)
        self.large.set_note("" if self._big is None else NAMES.get(self._big, f"seed {self._big}"))
        known = self._known.get(self._last if self._big is None else self._big)
        if known is None:
            self.large.set_stale()  # until there is one
        else:
            self.large.show_picture(known)
        self.enlarged.emit()

    def _arrange(self, instead: QWidget) -> None:
        row = QGridLayout()
        row.setHorizontalSpacing(4)
        row.setVerticalSpacing(1)
        above = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        panes = (self.map, self.attribution, *self.seeds)
        names = (PlainLabel("map now"), self.attributing, *self._names)
        for column, (pane, name) in enumerate(zip(panes, names, strict=True)):
            if isinstance(name, QLabel):
                name.setObjectName("dim")
            row.addWidget(pane, 0, column)
            row.addWidget(name, 1, column, above)
            row.setColumnStretch(column, 1)
        vbox((self.large, 6), (instead, 6), row, gap=6, edge=0, of=self)
