"""Top pictures of the selected unit on its card: from an index, and from the stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnvis.engine.protocol.observations import StreamFrame
from nnvis.engine.unit_card.top_pictures import RankedPicture, RankedPictures
from nnvis.gui.unit_card.picture_strip import PictureStrip, StripPicture
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import menu_button, offer
from nnvis.gui.widgets.elided_label import TwoLines
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.number_text import age_text, short
from nnvis.gui.widgets.picture_view import Box, PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.qimage import to_image, to_pixels
from nnvis.language import tr, verbatim

INDEX, STREAM = "index", "stream"
PLAIN = "picture"
VIEWS = {
    PLAIN: ("Picture", "as the network is fed it"),
    "deconv": ("Deconv", "deconvolution of the cell that was strongest"),
    "gradient": ("Gradient", "of the cell that was strongest"),
    "guided": ("Guided", "guided backpropagation of that cell"),
    "input_x_gradient": ("Input x grad", "input x gradient of that cell, against black"),
}
UNGATHERED = "Nothing is gathered of this unit; Gather is on the page Stream (Shift+G)."


class TopPictureView(QWidget):
    """`large` is laid out by the card, in place of the feature image while one is chosen."""

    top_chosen = Signal(int)  # of the index; -1: none
    view_chosen = Signal(str)
    opened = Signal(bool)  # whether a picture is shown large

    def __init__(self) -> None:
        super().__init__()
        self._source = ""  # which one a person chose; empty: whichever has pictures
        self._ranked: RankedPictures | None = None
        self._kept: tuple[StreamFrame, ...] = ()
        self._still: int | None = None  # of the stream, shown large
        self.strip = PictureStrip()
        self.large = PictureView("Top picture", least=120)
        self.large.setToolTip(tr("Click for the preferred picture"))
        self.large.hide()
        self.sources = ChoiceRow(
            "Top pictures",
            {
                INDEX: ("Index", "The strongest pictures of an index that was opened"),
                STREAM: ("Stream", "The strongest frames of the stream"),
            },
            narrow=True,
        )
        self.view = menu_button("What a click on a top picture shows")
        self.words = TwoLines(kind="dim")
        self.words.hide()
        name = PlainLabel("Top")
        line = QHBoxLayout()
        line.setSpacing(4)
        for widget in (name, self.sources, self.view):
            line.addWidget(widget, 1 if widget is self.sources else 0)
        vbox(line, self.strip, self.words, gap=3, edge=0, of=self)
        self.sources.chosen.connect(self._set_source)
        self.strip.chosen.connect(self._choose)
        self.large.clicked.connect(self.close_top)
        self._fill()

    @property
    def source(self) -> str:
        """What is shown: what a person chose, else the index unless only the stream has some."""
        if self._source:
            return self._source
        return STREAM if self._kept and not (self._ranked and self._ranked.pictures) else INDEX

    def show_view(self, view: str) -> None:
        """Write on the menu what a click shows."""
        offer(
            self.view, VIEWS[view][0],
            [(f"{text}: {tip}", key == view, _emit(self, key))
             for key, (text, tip) in VIEWS.items()],
        )  # fmt: skip

    def show_top_pictures(self, ranked: RankedPictures | None) -> None:
        """Show what the index says; None: it is being asked."""
        self._ranked = ranked
        if self.source == INDEX:
            self._fill()

    def show_kept(self, kept: Sequence[StreamFrame]) -> None:
        """Show the frames of the stream in which the unit was strongest."""
        if [one.jpeg for one in kept] == [one.jpeg for one in self._kept]:
            return
        before = self._kept[self._still] if self._still is not None else None
        self._kept = tuple(kept)
        if before is not None:
            if before in self._kept:  # it may have moved down
                self._still = self._kept.index(before)
                self.strip.mark(self._still)
            else:
                self.close_large()
        if self.source == STREAM:
            self._fill()

    def show_large(
        self,
        picture: NDArray[np.uint8] | None,
        place: int,
        patch: tuple[int, int, int, int] | None = None,
    ) -> None:
        """Show the picture of `place` large, with its `patch`; None: it is being made."""
        self.strip.mark(place)
        if picture is None:
            self.large.set_stale()
        else:
            self.large.show_picture(picture)
        self.large.set_boxes(_boxes(picture, patch))
        value = self.strip.shown[place].text if place < len(self.strip.shown) else ""
        self.large.set_note(f"top {place + 1}: {value}")
        self.large.show()
        self.opened.emit(True)

    def close_large(self) -> None:
        """Give the place back to the feature image."""
        self._still = None
        self.strip.mark(None)
        self.say("")
        self.large.hide()
        self.opened.emit(False)

    def say(self, text: str) -> None:
        """Say what the large picture is of, or why it is not there."""
        self.words.say(text)
        self.words.setVisible(bool(text))

    def _fill(self) -> None:
        source, ranked = self.source, self._ranked
        self.sources.show_choice(source)
        self.view.setEnabled(source == INDEX)
        if source == STREAM:
            self.strip.show_smalls([_of_stream(one) for one in self._kept], UNGATHERED)
            return
        pictures = ranked.pictures if ranked is not None else ()
        empty = "…" if ranked is None else ranked.problem or "the index has no picture of this unit"
        self.strip.show_smalls([_of_index(one) for one in pictures], empty)

    def _set_source(self, source: str) -> None:
        self._source = source
        self.close_top()
        self._fill()

    def _choose(self, place: int) -> None:
        if self.source == INDEX:
            self.top_chosen.emit(place)
        elif place == self._still:
            self.close_top()
        else:
            self._still = place
            image = QImage.fromData(self._kept[place].jpeg)
            self.show_large(to_pixels(image), place)
            self.say("Of the stream's frames only small pictures are kept: nothing to follow back.")

    def close_top(self, *_place: float) -> None:
        """Show no top picture large."""
        self.top_chosen.emit(-1)
        self.close_large()


def _of_index(one: RankedPicture) -> StripPicture:
    image = to_image(one.thumbnail) if one.thumbnail is not None else None
    row, column = one.cell
    tip = f"{Path(one.name).name}: {short(one.value)} at cell {row},{column}"
    about = tr(one.problem) if one.problem else one.name
    return StripPicture(image, short(one.value), verbatim(f"{tr(tip)}\n{about}"))


def _of_stream(one: StreamFrame) -> StripPicture:
    when = age_text(time.monotonic() - one.time)
    tip = f"frame {one.frame}, {when}: {short(one.value)} at cell {one.cell[0]},{one.cell[1]}"
    return StripPicture(QImage.fromData(one.jpeg), short(one.value), tip)


def _boxes(picture: NDArray[np.uint8] | None, patch: tuple[int, int, int, int] | None) -> list[Box]:
    if picture is None or patch is None:
        return []
    height, width = picture.shape[:2]
    top, left, bottom, right = patch
    if (top, left, bottom, right) == (0, 0, height, width):
        return []
    return [Box(left / width, top / height, right / width, bottom / height, theme.OUTLINE)]


def _emit(pane: TopPictureView, key: str) -> Callable[[], None]:
    return lambda: pane.view_chosen.emit(key)
