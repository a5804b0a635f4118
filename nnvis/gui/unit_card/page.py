"""The card of the selected unit: its feature image, and how that compares with what it sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from nnvis.engine.protocol.request import GridShows
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.unit_card.activation_ranges import ActivationRanges
from nnvis.engine.unit_card.jobs import GENTLE
from nnvis.featurevis.parameters import PRESETS
from nnvis.gui.state.context import Context
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.unit_text import unit_label
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.unit_card.pictures import ATTRIBUTION, MAP, FeatureImageViews
from nnvis.gui.unit_card.plots import ActivationCurve, StandPlot
from nnvis.gui.unit_card.top_pictures import TopPictureView
from nnvis.gui.widgets.controls import NumberBox, menu_button, offer, scrolled
from nnvis.gui.widgets.elided_label import ElidedLabel, TwoLines
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.number_text import short
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr, verbatim

LARGEST = 2**31 - 1  # number of a direction
SPEEDS = {
    "gentle": (GENTLE, "nine frames in ten stay"),
    "even": (0.35, "a third of the time"),
    "fast": (0.8, "the stream waits"),
}
MAKES = {
    "prefer": ("Unit", "Raise the mean of the unit's map, from noise"),
    "unlike": ("Unlike", "Three pictures of the unit at once, kept unlike each other"),
    "cell": ("Cell", "Raise the middle cell of the unit's map alone, from noise"),
    "minus": ("Minus", "Raise the unit and keep another one low, from noise"),
    "direction": ("Direction", "Raise a direction of chance in the layer, no unit, from noise"),
    "layer": ("Dream", "DeepDream: raise the whole layer, from the frame of now"),
    "caricature": ("Caricature", "Exaggerate what the layer sees in the frame of now"),
}
MEASURES = {
    "prefer": "the mean of its map",
    "unlike": "the mean of its map",
    "cell": "the middle cell of its map",
    "minus": "the mean of its map less the other's",
    "direction": "the mean along the direction",
    "layer": "half the mean square of the layer",
    "caricature": "how much the layer agrees with the frame",
}
OF_UNIT = ("prefer", "unlike")  # what raises the mean of the unit's map, and no more than that
OF_FRAME = ("layer", "caricature")  # what begins at the frame of now, and makes one picture
NUMBERS = {  # what has a number to be chosen: what is written before it, and what it is
    "minus": ("less unit", "The unit of this layer that is kept low; at first the one seen before"),
    "direction": ("number", "Each number is another direction; Afresh goes to the next"),
}


class UnitCardPage(PageWidget):
    """Says what a person asks for; `UnitCardJobs` does it while the card is in sight."""

    seen = Signal(bool)  # the card came into sight, or went
    rest_chosen = Signal(bool)
    preset_chosen = Signal(str)
    speed_chosen = Signal(str)
    make_chosen = Signal(str)
    number_chosen = Signal(int)  # the other unit, or which direction
    again = Signal()
    export = Signal()
    export_all = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Card", 280)
        self._key = ("", "", 0)  # weights, layer, unit
        self._make = "prefer"
        self.ranges = ActivationRanges()
        self.title = ElidedLabel(kind="title")
        self.place = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="dim")
        self.top_pictures = TopPictureView()
        self.pictures = FeatureImageViews(self.top_pictures.large)
        self._index: float | None = None  # the most that its pictures give
        self.state = TwoLines(kind="dim")
        self.state.say("…")
        self.curve = ActivationCurve()
        self.stand = StandPlot()
        self.rest = QPushButton(tr("Pause"))
        self.rest.setCheckable(True)
        self.rest.setToolTip(tr("Let the picture rest; it goes on from there, also another day"))
        self.redo = QPushButton(tr("Afresh"))
        self.redo.setToolTip(tr("Begin again, from other noise or from the frame of now"))
        self.save = QPushButton(tr("Export"))
        self.save.setToolTip(tr("Write the card as one PNG, and its pictures into a folder"))
        self.save_all = QPushButton(tr("All"))
        self.save_all.setAccessibleName(tr("Export all cards"))
        self.save_all.setToolTip(tr("Write small cards of all units of the layer as one PNG"))
        self.make = menu_button("What is raised")
        self.number_name, self.number = PlainLabel(), NumberBox("Number of the unit")
        self.number_name.setObjectName("dim")
        self.preset = menu_button("How the picture is made")
        self.speed = menu_button("How much of the time it may take")
        for button in (self.rest, self.redo, self.save, self.save_all):
            KeepKeys(button, PRESS)
        self._arrange()
        self.top_pictures.opened.connect(lambda on: self.pictures.large.setVisible(not on))
        self.rest.toggled.connect(self._rested)
        self.pictures.attributing.clicked.connect(self.controller.switch_attribution)
        self.pictures.enlarged.connect(self.top_pictures.close_top)
        self.number.editingFinished.connect(self._typed)
        self.redo.clicked.connect(self.again)
        self.save.clicked.connect(self.export)
        self.save_all.clicked.connect(self.export_all)

    def take_seen(self, before: ActivationRanges) -> None:
        """Take over what earlier sessions saw; what this one did is the newest."""
        before.join(self.ranges)
        self.ranges = before

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over the name of the unit."""
        request, info, layer = view_state.request, view_state.info, view_state.layer
        if info is None or layer is None:
            return
        key = (info.weights_hash, request.layer, request.unit)
        if key != self._key:
            self._key = key
            self.top_pictures.show_kept(())
            ends = self.ranges.of(*key)
            self.stand.show_stand((ends[0], None, ends[1]) if ends else None)
        self.pictures.attributing.setChecked(request.attribution is not None)
        label = unit_label(info, layer, request.unit)
        self.title.say(verbatim(tr(f"Unit {request.unit}") + (f"  {label}" if label else "")))
        self.place.say(f"of {layer.units:,} in {layer.name}")

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Note what the unit does now; veil its map where it is another's."""
        self._show_back(snapshot, match)
        plain = (
            snapshot is not None and match.unit and snapshot.request.grid == GridShows.ACTIVATION
        )
        if snapshot is None or not plain or snapshot.request.attack is not None:
            self.pictures.veil(MAP)
            return
        unit, sheet = snapshot.unit.index, snapshot.sheet
        if self.isVisible():
            self.pictures.show_now(MAP, snapshot.unit.picture)
        if snapshot.request.ablation.changes:
            return  # not what the unit does by itself
        self._show_stills(snapshot)
        weights, layer = snapshot.info.weights_hash, snapshot.layer.name
        self.ranges.note(weights, layer, sheet.means)
        ends = self.ranges.of(weights, layer, unit)
        if ends is not None and (weights, layer, unit) == self._key and self.isVisible():
            self.stand.show_stand((ends[0], float(sheet.means[unit]), ends[1]))

    def _show_back(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what drives the unit, unless another one is held and followed."""
        found = snapshot.attribution if snapshot is not None and match.attribution else None
        if found is None or (found.origin.layer, found.origin.unit) != self._key[1:]:
            self.pictures.veil(ATTRIBUTION)
        elif self.isVisible():
            self.pictures.show_now(ATTRIBUTION, found.picture)

    def _show_stills(self, snapshot: Snapshot) -> None:
        """Show the frames that excited the unit most, where they are gathered."""
        stream = snapshot.observations.stream
        mine = stream is not None and (stream.layer, stream.unit) == self._key[1:]
        self.top_pictures.show_kept(stream.kept if stream is not None and mine else ())

    def show_index_most(self, most: float | None) -> None:
        """Hold what was reached against the most that the pictures of an index give."""
        self._index = most
        self.curve.show_index(most if self._make in OF_UNIT else None)
        self.stand.show_index(most)

    @property
    def most(self) -> float | None:
        """The largest mean that the unit's map has had in the stream, None while unknown.

        A dream raises something else, with which it cannot be compared.
        """
        ends = self.ranges.of(*self._key) if self._make in OF_UNIT else None
        return ends[1] if ends else None

    def show_forming(
        self, place: int, picture: NDArray[np.uint8] | None, curve: Sequence[float], total: int
    ) -> None:
        """Show the picture of seed `place` as it is now."""
        if picture is not None:
            self.pictures.show_seed(place, picture)
        self.pictures.note(place, f"step {len(curve)} of {total}")
        self.curve.show_curve(curve, total, self.most)
        if curve:
            self.say(f"reached {short(curve[-1])}, {MEASURES[self._make]}")

    def show_several(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Show pictures that form at once, in the places of the seeds."""
        for place, picture in reversed(list(enumerate(pictures))):
            self.pictures.show_seed(place, picture)

    def show_made(self, place: int, picture: NDArray[np.uint8], note: str) -> None:
        """Show a finished picture."""
        self.pictures.show_seed(place, picture)
        self.pictures.note(place, note)

    def say(self, text: str) -> None:
        """Say how far it is, or why there is nothing."""
        self.state.say(text)

    def forget(self) -> None:
        """Veil what is of another unit."""
        self.pictures.forget()
        self.curve.show_curve((), 1, None)
        self.say("…")

    def show_choices(self, make: str, preset: str, speed: str, number: int | None) -> None:
        """Write on the menus what is in force, and the number where there is one to choose."""
        offer(
            self.make, MAKES[make][0],
            [(f"{text}: {tip}", key == make, _emit(self.make_chosen, key))
             for key, (text, tip) in MAKES.items()],
        )  # fmt: skip
        offer(
            self.preset, PRESETS[preset].title,
            [
                (one.title, one.name == preset, _emit(self.preset_chosen, one.name))
                for one in PRESETS.values()
            ],
        )  # fmt: skip
        offer(
            self.speed, speed,
            [(f"{key}: {tip}", key == speed, _emit(self.speed_chosen, key))
             for key, (_, tip) in SPEEDS.items()],
        )  # fmt: skip
        self._make = make
        self.show_index_most(self._index)
        self.preset.setEnabled(make not in OF_FRAME)
        self.pictures.show_made_of(make not in OF_FRAME)
        self.number.setModified(False)  # what was half typed is nobody's choice
        before, tip = NUMBERS.get(make, ("", ""))
        self.number_name.setText(before)
        self.number.setToolTip(plain_tip(tip))
        self.number.setAccessibleName(tr(before or "Number"))
        for widget in (self.number_name, self.number):
            widget.setVisible(number is not None)
        if number is not None:
            self.number.setText(str(number))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)
        last = self.controller.last
        if last is not None:  # a still picture is not answered anew because the page is in sight
            self.show_snapshot(last, self.view_state.match(last))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def _typed(self) -> None:
        if self.number.isModified():
            self.number.setModified(False)
            self.number_chosen.emit(int(min(max(self.number.value(), -1), LARGEST)))

    def _rested(self, on: bool) -> None:
        self.rest.setText(tr("Go on") if on else tr("Pause"))
        self.rest_chosen.emit(on)

    def _arrange(self) -> None:
        layout = self.column
        layout.addWidget(self.title)
        layout.addWidget(self.place)
        body = QWidget()
        inside = vbox((self.pictures, 6), gap=6, edge=0, of=body)
        for part in (self.top_pictures, self.state, self.curve, self.stand):
            inside.addWidget(part)
        inside.addStretch(1)
        area = scrolled(body)  # in the smallest window not all of it has room
        layout.addWidget(area, 1)
        for widgets in (
            (self.make, self.preset, self.speed),
            (self.number_name, self.number),
            (self.rest, self.redo, self.save, self.save_all),
        ):
            line = QHBoxLayout()
            line.setSpacing(4)
            for widget in widgets:
                line.addWidget(widget)
            line.addStretch(1)
            layout.addLayout(line)


def _emit(signal: SignalInstance, key: str) -> Callable[[], None]:
    return lambda: signal.emit(key)
