"""The jobs behind the card: begun when a unit is selected, left and taken up with the selection."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot

from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.request import Request
from nnvis.engine.unit_card import export as card_export
from nnvis.engine.unit_card import jobs as feature_jobs
from nnvis.export import file_name
from nnvis.featurevis.parameters import DEFAULT, PRESETS, FeatureParameters
from nnvis.featurevis.result import FeatureImage, FormingImage
from nnvis.featurevis.target import Target
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.job_slot import JobSlot
from nnvis.gui.state.saving import Saving
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.unit_card.page import NUMBERS, OF_FRAME, SPEEDS, UnitCardPage
from nnvis.gui.unit_card.pictures import SEEDS
from nnvis.gui.unit_card.top_picture_jobs import TopPictureJobs
from nnvis.gui.widgets.number_text import short
from nnvis.models.info import ModelInfo
from nnvis.progress import Progress

WAIT_MS = 120  # a walk over the units begins nothing until it rests
UNLIKE = 2.0  # weight of the likeness that is held against three pictures
LIVE = {"side": 128, "steps": 128}  # of our preset beside a stream


class UnitCardJobs(QObject):
    """One job at a time, only while the card is in sight; what is left stays on disk."""

    def __init__(
        self,
        controller: Controller,
        pane: UnitCardPage,
        saving: Saving,
        top_pictures: TopPictureJobs,
    ) -> None:
        super().__init__(pane)
        self._controller, self._pane, self._saving = controller, pane, saving
        self._top_pictures = top_pictures
        self._make, self._preset, self._speed = "prefer", DEFAULT, "gentle"
        self._first = 0  # of the seeds
        self._other: tuple[str, int] = ("", 0)  # of which layer, which is kept low by "minus"
        self._seen_unit = self._seen_before = ("", 0)
        self._direction = 0
        self._place = 0  # which of them forms
        self._asked: tuple[object, ...] | None = None
        self._slot = JobSlot(
            controller, done=self._done, progressed=self._progress, failed=self._failed
        )
        self.made: dict[int, FeatureImage] = {}  # of the unit that is selected, by place
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._begin)
        controller.view_state_changed.connect(self._changed)
        pane.seen.connect(self._seen)
        pane.rest_chosen.connect(self._rest)
        pane.preset_chosen.connect(self._set_preset)
        pane.make_chosen.connect(self._set_make)
        pane.speed_chosen.connect(self._set_speed)
        pane.number_chosen.connect(self._set_number)
        pane.again.connect(self._again)
        pane.export.connect(self.export)
        pane.export_all.connect(self.export_all)
        self._show_choices()

    @property
    def parameters(self) -> FeatureParameters:
        """How pictures are made now."""
        parameters = PRESETS[self._preset].parameters
        return replace(parameters, **LIVE) if self._preset == DEFAULT else parameters  # type: ignore[arg-type]

    def _progress(self, step: Progress | None) -> None:
        if isinstance(step, FormingImage):
            self._pane.show_forming(self._place, step.picture, step.curve, step.total)
            if self._make == "unlike":
                self._pane.show_several(step.pictures)

    def _done(self, result: Any) -> None:
        if self._make == "unlike":
            self._take_several(result)
        else:
            self._take(result)

    def _failed(self, line: str) -> None:
        self._pane.say(line)
        self._controller.failed.emit(line, "")

    @Slot()
    def export(self) -> None:
        """Write the card as it is now."""
        self._saving.export(partial(self._export, False), _exported)

    @Slot()
    def export_all(self) -> None:
        """Write small cards of the whole layer, once their pictures are made."""
        self._saving.export(partial(self._export, True), _exported, self._go_on)

    def _export(self, whole: bool, folder: Path) -> Job | None:
        snapshot = self._controller.shown
        if snapshot is None:
            line = "the unit is not shown yet; export when a picture is there"
            self._controller.failed.emit(line, "")
            return None
        stem = file_name(time.strftime("%Y%m%d-%H%M%S"), snapshot.info.name)
        if whole:
            self._slot.cancel()  # it is taken up again afterwards
            return card_export.contact(snapshot, folder, stem, self._top_pictures.of_layer())
        made = [self.made[place] for place in sorted(self.made)]
        return card_export.export(
            snapshot,
            made,
            folder,
            stem,
            self._top_pictures.ranked,
            self._top_pictures.attribution_view,
            self._called,
        )

    def _go_on(self) -> None:
        if self._pane.isVisible() and not self._slot.busy:
            self._timer.start()

    def _take_several(self, several: tuple[FeatureImage, ...]) -> None:
        first = several[0]
        self._take(first)
        self.made = dict(enumerate(several))
        if first.raised:
            self._pane.show_several([one.picture for one in several])
            reached = ", ".join(short(one.reached) for one in several)
            self._pane.say(f"reached {reached}; grey gives {short(first.grey)}")

    def _take(self, made: FeatureImage) -> None:
        self.made[self._place] = made
        if not made.raised:
            self._pane.forget()
            self._pane.say(made.note)
            return
        self._pane.show_forming(self._place, made.picture, made.curve, made.steps)
        self._pane.show_made(self._place, made.picture, "done")
        if self._make == "unlike":
            return
        if self._make in OF_FRAME:
            self._pane.say(f"reached {short(made.reached)}; the frame gave {short(made.curve[0])}")
            return
        most = self._pane.most
        beside = f", the most seen is {short(most)}" if most is not None else ""
        self._pane.say(f"reached {short(made.reached)}{beside}; grey gives {short(made.grey)}")
        if self._place + 1 < SEEDS:
            self._place += 1
            self._start()

    @Slot(object)
    def _changed(self, view_state: ViewState) -> None:
        here = view_state.request.layer, view_state.request.unit
        if here != self._seen_unit:
            self._seen_before, self._seen_unit = self._seen_unit, here
            self._show_choices()  # the other unit of "minus" may have to be another one
        if self._question() != self._asked:
            self._leave()
            self._pane.forget()
            if self._pane.isVisible():
                self._timer.start()

    @Slot(bool)
    def _seen(self, on: bool) -> None:
        if on and not self._slot.busy and len(self.made) < SEEDS:
            self._timer.start()
        elif not on:
            self._leave()

    def _leave(self) -> None:
        self._timer.stop()
        self._slot.forget()
        self._asked = None
        self._place = 0
        self.made.clear()

    @Slot()
    def _begin(self) -> None:
        self._leave()
        self._asked = self._question()
        if self._asked is not None:
            self._start()

    def _start(self) -> None:
        info, request = self._controller.view_state.info, self._controller.view_state.request
        if info is None:
            return
        share = SPEEDS[self._speed][0]
        weights = info.weights_hash
        if self._make in OF_FRAME:
            snapshot = self._controller.last
            if snapshot is None or snapshot.info is not info:
                self._pane.say("no frame is there yet")
                self._asked = None
                return
            target = Target(request.layer, kind=self._make)
            job = feature_jobs.dream(weights, target, snapshot.fed, share)
        elif self._make == "unlike":
            target = Target(request.layer, request.unit)
            seeds = range(self._first, self._first + SEEDS)
            parameters = replace(self.parameters, diversity=UNLIKE)
            job = feature_jobs.unlike(weights, target, parameters, seeds, share)
        else:
            seed = self._first + self._place
            job = feature_jobs.feature_job(
                weights, self._target(info, request), self.parameters, seed, share
            )
        job.rest(self._pane.rest.isChecked())
        self._slot.submit(job)

    def _question(self) -> tuple[object, ...] | None:
        info, request = self._controller.view_state.info, self._controller.view_state.request
        if info is None or not request.layer:
            return None
        unit = 0 if self._make in (*OF_FRAME, "direction") else request.unit
        return info.weights_hash, request.layer, unit, self._number

    def _target(self, info: ModelInfo, request: Request) -> Target:
        layer, unit = request.layer, request.unit
        layer_info = info.layer(layer)
        if self._make == "direction" and layer_info is not None:
            return Target.random(layer, layer_info.units, self._direction)
        if self._make == "minus":
            return Target(layer, unit, "minus", other=self._number or 0)
        return Target(layer, unit, "cell" if self._make == "cell" else "channel")

    @property
    def _number(self) -> int | None:
        """The other unit of "minus", or which direction; None where neither is asked for."""
        if self._make == "direction":
            return self._direction
        if self._make != "minus":
            return None
        layer, unit = self._seen_unit
        layer_info = self._controller.view_state.layer
        units = layer_info.units if layer_info is not None else 0
        for known, other in (self._other, self._seen_before):
            if known == layer and other != unit and other < units:
                return other
        return 0 if unit else 1

    @property
    def _called(self) -> str:
        """What a file calls the pictures, where their target does not say which it is."""
        return f"direction {self._direction} of chance" if self._make == "direction" else ""

    @Slot(int)
    def _set_number(self, number: int) -> None:
        """Take another unit to be kept low, or another direction; what cannot be is told."""
        layer, unit = self._seen_unit
        layer_info = self._controller.view_state.layer
        if self._make not in NUMBERS:
            return
        if self._make == "direction" and number >= 0:
            self._direction = number
        elif (
            self._make == "minus"
            and layer_info
            and 0 <= number < layer_info.units
            and number != unit
        ):
            self._other = layer, number
        else:
            self._show_choices()
            last = layer_info.units - 1 if layer_info is not None else 0
            allowed = (
                f"0 to {last}, but not {unit} itself" if self._make == "minus" else "0 or more"
            )
            self._pane.say(f"{number} cannot be; {NUMBERS[self._make][0]}: {allowed}")
            return
        self._restart()

    @Slot(bool)
    def _rest(self, on: bool) -> None:
        if self._slot.job is not None:
            self._slot.job.rest(on)

    @Slot(str)
    def _set_speed(self, speed: str) -> None:
        self._speed = speed
        if self._slot.job is not None:
            self._slot.job.share = SPEEDS[speed][0]
        self._show_choices()

    @Slot(str)
    def _set_preset(self, preset: str) -> None:
        self._preset = preset
        self._restart()

    @Slot(str)
    def _set_make(self, make: str) -> None:
        self._make = make
        if make == "minus":  # the other one stays while one walks over the units
            self._other = self._seen_unit[0], self._number or 0
        self._restart()

    @Slot()
    def _again(self) -> None:
        self._first += SEEDS
        self._direction += self._make == "direction"
        self._restart()

    def _show_choices(self) -> None:
        self._pane.show_choices(self._make, self._preset, self._speed, self._number)

    def _restart(self) -> None:
        self._show_choices()
        self._pane.forget()
        self._begin()


def _exported(paths: list[Path]) -> tuple[str, Path]:
    return f"Saved {paths[0].name}, {len(paths)} in all", paths[0].parent
