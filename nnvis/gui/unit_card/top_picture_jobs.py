"""The top pictures of the card: read on threads beside, looked back from by the network's."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from nnvis.engine.protocol.snapshot import Attribution
from nnvis.engine.unit_card import top_pictures as look_ups
from nnvis.engine.unit_card.top_pictures import RankedPictures
from nnvis.errors import UserError
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.unit_card.page import UnitCardPage
from nnvis.gui.unit_card.top_pictures import PLAIN
from nnvis.language import tr, verbatim
from nnvis.models.info import ModelInfo

log = logging.getLogger(__name__)
WAIT_MS = 120  # a walk over the units reads nothing until it rests
Asked = tuple[Path, ModelInfo, str, int]


class TopPictureJobs(QObject):
    """Asks only while the card is in sight, and of one unit at a time."""

    def __init__(self, controller: Controller, pane: UnitCardPage) -> None:
        super().__init__(pane)
        self._controller, self._pane = controller, pane
        self._asked: Asked | None = None
        self.ranked: RankedPictures | None = None  # of the selected unit
        self._place: int | None = None  # of the picture that is shown large
        self._view = "deconv"
        self._measuring = JobSlot(controller, done=self._measured, failed=lambda _line: None)
        self._attributing = JobSlot(controller, done=self._attributed, failed=pane.top_pictures.say)
        self.lookup = BackgroundTask("nnvis-top-lookup", self._look_up, self)
        self.pictures = BackgroundTask("nnvis-top-pictures", self._read, self)
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._begin)
        self.lookup.answered.connect(self._looked_up)
        self.pictures.answered.connect(self._took)
        controller.view_state_changed.connect(self._changed)
        pane.seen.connect(self._seen)
        pane.top_pictures.top_chosen.connect(self._choose)
        pane.top_pictures.view_chosen.connect(self._set_view)
        pane.top_pictures.show_view(self._view)
        if self.path is None:
            pane.top_pictures.show_top_pictures(RankedPictures("", 0, problem=NONE))

    def open(self, path: str) -> None:
        """Take the pictures from the index in the folder `path` from now on."""
        self._controller.settings.index = path
        self._forget()
        self._timer.start()

    @property
    def path(self) -> Path | None:
        """The index that was opened last."""
        named = self._controller.settings.index
        return Path(named) if named else None

    @property
    def attribution_view(self) -> str:
        """How a top picture is looked back from, in files too."""
        return "deconv" if self._view == PLAIN else self._view

    def of_layer(self) -> Path | None:
        """Return the index, if it has pictures of the selected layer."""
        return self.path if self.ranked is not None and self.ranked.pictures else None

    def _measured(self, means: tuple[float, ...]) -> None:
        if self.ranked is not None:
            self.ranked = replace(self.ranked, means=means)
            self._pane.show_index_most(self.ranked.most)

    def _attributed(self, found: Attribution) -> None:
        if self._place is not None:
            self._show(found.picture, found.note)

    def _question(self) -> Asked | None:
        info, request, path = (
            self._controller.view_state.info,
            self._controller.view_state.request,
            self.path,
        )
        if info is None or path is None or not request.layer:
            return None
        return path, info, request.layer, request.unit

    @Slot(object)
    def _changed(self, view_state: ViewState) -> None:
        if self._question() != self._asked:
            self._forget()
            if self._pane.isVisible():
                self._timer.start()

    @Slot(bool)
    def _seen(self, on: bool) -> None:
        if on and self._question() != self._asked:
            self._timer.start()

    def _forget(self) -> None:
        self._timer.stop()
        self._measuring.forget()
        self._attributing.forget()
        self._asked = self.ranked = self._place = None
        self._pane.top_pictures.show_top_pictures(None)
        self._pane.show_index_most(None)
        self._pane.top_pictures.close_large()

    @Slot()
    def _begin(self) -> None:
        asked = self._question()
        if asked is None:
            self._pane.top_pictures.show_top_pictures(RankedPictures("", 0, problem=NONE))
            return
        self._asked = asked
        if not self.lookup.start():
            self._timer.start()

    def _look_up(self) -> tuple[Asked | None, RankedPictures]:
        asked = self._asked
        if asked is None:
            return None, RankedPictures("", 0)
        try:
            return asked, look_ups.look_up(*asked)
        except UserError as error:
            return asked, RankedPictures(asked[2], asked[3], problem=error.in_window)
        except Exception:
            log.exception("reading %s failed", asked[0])
            problem = f"{asked[0].name} could not be read; the log says more"
            return asked, RankedPictures(asked[2], asked[3], problem=problem)

    @Slot(object)
    def _looked_up(self, answer: tuple[Asked | None, RankedPictures]) -> None:
        asked, found = answer
        if asked is None or asked != self._asked:
            self._timer.start()
            return
        self.ranked = found
        self._pane.top_pictures.show_top_pictures(found)
        if found.pictures and not self.pictures.start():
            self._timer.start()

    def _read(self) -> tuple[Asked | None, RankedPictures | None]:
        asked, found = self._asked, self.ranked
        if asked is None or found is None:
            return None, None
        try:
            return asked, look_ups.read_pictures(asked[0], asked[1], found)
        except UserError as error:
            return asked, replace(found, problem=error.in_window)

    @Slot(object)
    def _took(self, answer: tuple[Asked | None, RankedPictures | None]) -> None:
        asked, found = answer
        if asked is None or found is None or asked != self._asked:
            return
        self.ranked = found
        self._pane.top_pictures.show_top_pictures(found)
        if any(one.fed is not None for one in found.pictures):
            self._measuring.submit(look_ups.measure(asked[1].weights_hash, found))
        if self._place is not None:
            self._look()

    @Slot(int)
    def _choose(self, place: int) -> None:
        """Show a picture large; asked again, or for none, the preferred one."""
        self._attributing.forget()
        if place < 0 or place == self._place or self.ranked is None:
            self._place = None
            self._pane.top_pictures.close_large()
            return
        self._place = place
        self._look()

    @Slot(str)
    def _set_view(self, view: str) -> None:
        self._view = view
        self._pane.top_pictures.show_view(view)
        if self._place is not None:
            self._look()

    def _look(self) -> None:
        found, place, asked = self.ranked, self._place, self._asked
        if found is None or place is None or asked is None or place >= len(found.pictures):
            return
        one = found.pictures[place]
        self._attributing.forget()
        if one.fed is None:
            self._pane.top_pictures.show_large(one.thumbnail, place)
            known = one.problem or "the picture is being read"
            self._pane.top_pictures.say(f"{known}: only the part in its index is shown")
            return
        if self._view == PLAIN:
            self._show(one.fed, "")
            return
        self._pane.top_pictures.show_large(None, place)
        request = self._controller.view_state.request
        self._attributing.submit(
            look_ups.attribute(asked[1].weights_hash, found, place, self._view, request)
        )

    def _show(self, picture: look_ups.Picture, note: str) -> None:
        assert self.ranked is not None
        assert self._place is not None
        one = self.ranked.pictures[self._place]
        self._pane.top_pictures.show_large(picture, self._place, one.patch)
        said = Path(one.name).name + (f"; {tr(note)}" if note else "")
        self._pane.top_pictures.say(verbatim(said))


NONE = "No index is open: drop one here, or open it (Ctrl+I). nnvis index FOLDER makes one."
