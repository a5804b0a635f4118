"""How every frame is attacked: size, steps, target, afresh or carried over, and what to compare."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QSlider, QWidget

from nnvis.attacks.registry import Norm
from nnvis.engine.protocol.request import AttackRequest, AttackShows
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.attack.second_model import SecondModelRow
from nnvis.gui.attack.target_class import TargetClass
from nnvis.gui.attack.text import LEVELS, said, size_text
from nnvis.gui.state.recent_models import recent_models
from nnvis.gui.state.view_controller import ViewController
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import menu_button, offer, slider
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.models.info import ModelRequest
from nnvis.models.region import FoundObject

START = AttackRequest(steps=4)
LARGEST = 32  # levels of L-inf
TENTHS = 100  # of L2
MOST_STEPS = 20
MOST_OBJECTS = 20  # that are offered
WIDEST = 190  # points of what is written on a button
_MIDDLE = Qt.TextElideMode.ElideMiddle
GRID_CHOICES = {
    AttackShows.DIFFERENCE: ("Change", "Every unit: attacked minus clean, signed"),
    AttackShows.ATTACKED: ("Attacked", "Every unit of the attacked picture"),
    AttackShows.CLEAN: ("Clean", "Every unit of the clean picture"),
}
GRIDS = tuple(GRID_CHOICES)
USUAL = {"linf": START.eps, "l2": 1.0}  # where another norm begins


class AttackControls(QWidget):
    """Says to the controller how to attack from now on."""

    def __init__(self, controller: ViewController) -> None:
        super().__init__()
        self._controller = controller
        self._attack = START
        self._offered = False  # whether names of other networks are, for this attack
        self.norm = ChoiceRow(
            "Norm",
            {
                "linf": ("L∞", "The largest change of a value is bounded"),
                "l2": ("L2", "The Euclidean length of the change is bounded"),
            },
        )
        self.eps = _steps_from_one("Size of the change (eps)", LARGEST)
        self.steps = _steps_from_one("Steps on each frame, while there is time", MOST_STEPS)
        self.object = menu_button("The object that is attacked")
        self.object_name = PlainLabel("Object")
        self._objects: tuple[FoundObject, ...] = ()  # on the frame shown
        self.target = TargetClass()
        self.mode = ChoiceRow(
            "Frames",
            {
                "fresh": ("Attack each", "Go on attacking on every frame"),
                "carried": ("Carry over", "Lay the change found over the frames to come"),
            },
        )
        self.shows = ChoiceRow("Grid", GRID_CHOICES)
        self.control = QCheckBox("noise as large")
        self.control.setToolTip("Also score random signs of the same size, which are no attack")
        KeepKeys(self.control, PRESS)
        self.noise = ElidedLabel()
        self.second = SecondModelRow()
        self._eps_text, self._steps_text = PlainLabel(), PlainLabel()
        self._arrange()
        self.norm.chosen.connect(self._choose_norm)
        self.eps.valueChanged.connect(lambda _value: self._choose(eps=self._eps()))
        self.steps.valueChanged.connect(lambda value: self._choose(steps=value))
        self.target.chosen.connect(lambda target: self._choose(target=target))
        self.mode.chosen.connect(lambda key: self._choose(carried=key == "carried"))
        self.shows.chosen.connect(lambda key: self._choose(shows=key))
        self.control.toggled.connect(lambda on: self._choose(control=on))
        self.second.chosen.connect(lambda model_request: self._choose(second=model_request))
        self._fill()
        self.object.menu().aboutToShow.connect(self._offer_objects)
        controller.attach(self)

    def set_view_state(self, view_state: ViewState) -> None:
        """Show the attack in force."""
        attack, before = view_state.request.attack, self._offered
        self._offered = attack is not None
        if attack is not None:
            self._attack = attack
            self._fill()
            if not before:
                device, plain = self._controller.model_request.device, ModelRequest()
                known = {plain.title: replace(plain, device=device)}
                known |= recent_models(self._controller.settings)
                self.second.offer(known, device)
        self.target.set_target(view_state.info, self._attack.target)
        finds = view_state.info is not None and bool(view_state.info.detects)
        for widget in (self.object, self.object_name):
            widget.setVisible(finds)
        if finds:
            self._offer_objects()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show what noise does and what the second network says, as far as that is current."""
        result = snapshot.attack if snapshot is not None and match.attack else None
        self.noise.say(said(result.control[0]) if result is not None and result.control else "")
        self.second.show_opinion(result.second if result is not None else None)
        found = snapshot.objects if snapshot is not None and match.picture else None
        self._objects = found.listed[:MOST_OBJECTS] if found is not None else ()
        self.object.setToolTip(plain_tip(self._said_object(snapshot)))

    def _said_object(self, snapshot: Snapshot | None) -> str:
        if snapshot is None or snapshot.objects is None or snapshot.followed is None:
            return "Choose what the network is to be fooled about; a click on the input does too"
        one = snapshot.objects.listed[snapshot.followed]
        return f"{one.name}, with a score of {one.score:.2f} in the clean picture"

    def _offer_objects(self) -> None:
        region = self._attack.region
        name = "Choose"
        if region is not None and (info := self._controller.view_state.info) is not None:
            name = info.label(region.label)
        offer(self.object, self.fontMetrics().elidedText(name, _MIDDLE, WIDEST), [
            (
                f"{at}  {one.name}  {one.score:.2f}", False,
                partial(self._choose, region=one.region, target=None),
            )
            for at, one in enumerate(self._objects)
        ])  # fmt: skip

    def _choose_norm(self, norm: Norm) -> None:
        if norm != self._attack.norm:
            self._choose(norm=norm, eps=USUAL[norm])

    def _choose(self, **changes: Any) -> None:
        self._attack = replace(self._attack, halt=None, **changes)
        self._fill()
        self._controller.set_attack(self._attack)

    def _eps(self) -> float:
        value = self.eps.value()
        return value / LEVELS if self._attack.norm == "linf" else value / 10

    def _fill(self) -> None:
        now = self._attack
        whole = now.norm == "linf"
        with QSignalBlocker(self.eps), QSignalBlocker(self.steps), QSignalBlocker(self.control):
            self.eps.setRange(1, LARGEST if whole else TENTHS)
            self.eps.setValue(round(now.eps * (LEVELS if whole else 10)))
            self.steps.setValue(now.steps)
            self.control.setChecked(now.control)
        self.norm.show_choice(now.norm)
        self.mode.show_choice("carried" if now.carried else "fresh")
        self.shows.show_choice(now.shows)
        self.steps.setEnabled(not now.carried)
        self._eps_text.setText(size_text(now.eps, now.norm))
        self._steps_text.setText(f"{now.steps} a frame")
        self.second.set_request(now.second)

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(7)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        noise = QHBoxLayout()
        noise.setSpacing(8)
        noise.addWidget(self.control)
        noise.addWidget(self.noise, 1)
        rows: tuple[tuple[str, QWidget | QHBoxLayout], ...] = (
            ("Norm", self.norm),
            ("Size", _with_number(self.eps, self._eps_text)),
            ("Steps", _with_number(self.steps, self._steps_text)),
            ("Object", self.object),
            ("Target", self.target),
            ("Frames", self.mode),
            ("Grid", self.shows),
            ("Control", noise),
            ("Second", self.second),
        )
        for row, (name, part) in enumerate(rows):
            label = self.object_name if name == "Object" else PlainLabel(name)
            label.setObjectName("dim")
            label.setMinimumHeight(26)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            if isinstance(part, QWidget):
                grid.addWidget(part, row, 1)
            else:
                grid.addLayout(part, row, 1)


def _steps_from_one(name: str, top: int) -> QSlider:
    made = slider(name, top)
    made.setMinimum(1)
    return made


def _with_number(made: QSlider, number: QLabel) -> QHBoxLayout:
    number.setMinimumWidth(number.fontMetrics().horizontalAdvance("20 a frame"))
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(made, 1)
    row.addWidget(number)
    return row
