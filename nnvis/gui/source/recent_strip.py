"""The last half minute of a stream, to go back in: a slider, and how long ago that was."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from nnvis.gui.widgets.controls import slider
from nnvis.gui.widgets.layouts import hbox
from nnvis.gui.widgets.number_text import MINUS
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.sources.frame import Frame


class RecentStrip(QWidget):
    """Emits the frame that a person goes back to; hidden where there is nothing to go back to."""

    frame_chosen = Signal(object)  # Frame

    def __init__(self) -> None:
        super().__init__()
        self._frames: Sequence[Frame] = ()
        self.place = slider("Go back in the last half minute (Ctrl+Left, Ctrl+Right)", 0)
        self.text = PlainLabel(kind="dim")
        self.text.setMinimumWidth(self.text.fontMetrics().horizontalAdvance(f"{MINUS}00.00 s "))
        hbox(self.text, (self.place, 1), gap=6, edge=0, of=self)
        self.place.sliderMoved.connect(self._chosen)
        self.place.actionTriggered.connect(lambda _: self._chosen(self.place.sliderPosition()))
        self.hide()

    def show_frames(self, frames: Sequence[Frame], at: Frame | None, *, live: bool) -> None:
        """Show what there is to go back to and, unless the picture goes on, where one is."""
        self._frames = frames
        self.setVisible(len(frames) > 1)
        if len(frames) < 2 or self.place.isSliderDown():
            return
        last = len(frames) - 1
        with QSignalBlocker(self.place):
            self.place.setRange(0, last)
            self.place.setValue(last if live or at is None else place_of(frames, at))
        self._tell(live=live)

    def _chosen(self, place: int) -> None:
        if 0 <= place < len(self._frames):
            self.frame_chosen.emit(self._frames[place])
            self._tell(live=False, place=place)

    def _tell(self, *, live: bool, place: int | None = None) -> None:
        frames, at = self._frames, self.place.value() if place is None else place
        if live:
            self.text.setText(f"{frames[-1].time - frames[0].time:.0f} s kept")
        else:
            ago = frames[-1].time - frames[at].time
            self.text.setText(f"{MINUS}{ago:.2f} s" if ago else "0 s")


def place_of(frames: Sequence[Frame], at: Frame) -> int:
    """Return the place of `at`, or of the first one after it, among frames in order of time."""
    return min(bisect_left(frames, at.time, key=lambda one: one.time), len(frames) - 1)
