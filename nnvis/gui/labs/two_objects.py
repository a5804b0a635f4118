"""Two objects that a person holds before the camera, for the network to learn."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from nnvis.engine.lab_process import TwoObjects, album_folder
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.stream.object_album import SIDES, ObjectAlbum, Pile
from nnvis.gui.labs.object_samples import ObjectSamples
from nnvis.gui.state.unit_text import model_title
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.layouts import STRETCH, hbox, vbox
from nnvis.gui.widgets.picture_view import PictureView
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import together, tr, verbatim
from nnvis.models.info import ModelInfo

EVERY_S = 0.2  # between two pictures of an object
STILL_S = 1.0  # after which a picture that does not change is told of
LIVE = 150  # points


class TwoObjectsPanel(QWidget):
    """The live picture, and a pile for each object; takes what the network is fed."""

    changed = Signal()  # what there is to learn
    failed = Signal(str, str)
    _changed = Signal(object)  # Pile
    _broke = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.live = PictureView("What the network is fed", least=LIVE)
        self.live.setFixedSize(LIVE, LIVE)
        self.caption = PlainLabel("Live", kind="dim")
        self.piles = {side: ObjectSamples(side) for side in SIDES}
        self.album = ObjectAlbum(album_folder(), self._changed.emit, self._broke.emit)
        self._info: ModelInfo | None = None
        self._last: NDArray[np.uint8] | None = None
        self._taken = self._held = 0.0  # time.monotonic()
        self._shown: Snapshot | None = None  # while it is what is wanted
        self._again = QTimer(self, interval=round(1000 * EVERY_S))  # a still comes only once
        self._again.timeout.connect(self._look_again)
        self._arrange()
        self._changed.connect(self._pile, Qt.ConnectionType.QueuedConnection)
        self._broke.connect(lambda line: self.failed.emit(line, ""))
        for side, pile in self.piles.items():
            pile.cleared.connect(lambda away, side=side: self._clear(side, away))
            pile.renamed.connect(self.changed)
            pile.hold.pressed.connect(self._begin)
            pile.hold.released.connect(lambda pile=pile: pile.set_note(""))
            pile.hold.released.connect(self._again.stop)

    @property
    def missing(self) -> str:
        """Why nothing can be learnt yet, in one line; empty when it can."""
        if self._info is None:
            return "No network is loaded yet"
        if self._info.labels is None:
            name = model_title(self._info)
            return f"{name} has no classes to lose; load a network that names things"
        first, second = self.piles.values()
        if first.missing or second.missing:
            parts = [f"{tr(one.name)}: {one.missing}" for one in (first, second) if one.missing]
            return together(": ", "Pictures still to take", verbatim(", ".join(parts)))
        if first.name.casefold() == second.name.casefold():  # folders, on every system
            return "Give the two objects different names"
        return ""

    @property
    def asked(self) -> TwoObjects | None:
        """What is to be learnt, None while something is missing."""
        if self.missing or self._info is None:
            return None
        first, second = self.piles.values()
        folders = self.album.folder(first.side), self.album.folder(second.side)
        return TwoObjects(self._info.model_request, (first.name, second.name), folders)

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over which network there is."""
        if view_state.info is not self._info:
            self._info = view_state.info
            self.changed.emit()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what the network is fed, and keep it for the object whose button is held."""
        self._shown = snapshot if snapshot is not None and match.picture else None
        self._look_again()

    def set_learnt(self, on: bool) -> None:
        """Let nobody clear what a run waits for or learns."""
        for pile in self.piles.values():
            pile.set_learnt(on)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_again()

    def _look_again(self) -> None:
        if not self.isVisible():
            return
        if self._shown is None:
            self.live.set_stale()
            return
        self.live.show_picture(self._shown.fed)
        now = time.monotonic()
        for side, pile in self.piles.items():
            if pile.taking and now - self._taken >= EVERY_S:
                self._take(side, self._shown.fed, now)

    def close_album(self, timeout: float = 5.0) -> list[str]:
        """Write what was taken; return the name of the thread that did not end in time."""
        return [] if self.album.close(timeout) else ["nnvis-album"]

    def _begin(self) -> None:
        self._held = time.monotonic()
        self._again.start()

    def _take(self, side: str, picture: NDArray[np.uint8], now: float) -> None:
        same = self._last is not None and np.array_equal(self._last, picture)
        if same and now - max(self._taken, self._held) > STILL_S:
            self.piles[side].set_note("The picture does not change; nothing new is taken.")
        if same:
            return
        self.piles[side].set_note("")
        self._taken, self._last = now, picture
        self.album.add(side, picture)

    def _clear(self, side: str, away: bool) -> None:
        self._last = None
        if away:
            self.album.clear(side)
        else:
            self.album.bring_back(side)

    def _pile(self, pile: Pile) -> None:
        self.piles[pile.side].show_pile(pile)
        self.changed.emit()

    def _arrange(self) -> None:
        left = vbox(self.live, self.caption, STRETCH, gap=4)
        row = hbox(left, gap=10, edge=0, of=self)
        for pile in self.piles.values():
            row.addWidget(pile, 1)
