"""How every frame is attacked: a form of the parameters of the live attack."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnvis.attacks.registry import live_size
from nnvis.engine.protocol.request import AttackRequest
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.attack.second_model import SecondModelRow
from nnvis.gui.attack.target_class import TargetClass
from nnvis.gui.attack.text import said
from nnvis.gui.state.recent_models import recent_models
from nnvis.gui.state.view_controller import ViewController
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.controls import menu_button, offer
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.parameter_form import ParameterForm, ParameterSlider
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.models.detection.region import FoundObject
from nnvis.models.info import ModelRequest
from nnvis.parameters import options

START = AttackRequest(steps=4)
MOST_OBJECTS = 20  # that are offered
WIDEST = 190  # points of what is written on a button
_MIDDLE = Qt.TextElideMode.ElideMiddle


class AttackControls(QWidget):
    """Says to the controller how to attack from now on."""

    def __init__(self, controller: ViewController) -> None:
        super().__init__()
        self._controller = controller
        self._attack = START
        self._offered = False  # whether names of other networks are, for this attack
        self._objects: tuple[FoundObject, ...] = ()  # on the frame shown
        self.target = TargetClass()
        self.object = menu_button("The object that is attacked")
        self.noise = ElidedLabel()
        self.second = SecondModelRow()
        self.form = ParameterForm(
            options(AttackRequest),
            editors={"target": self.target, "region": self.object, "second": self.second},
            beside={"control": self.noise},
        )
        vbox(self.form, edge=0, of=self)
        self.form.changed.connect(self._changed)
        self.target.chosen.connect(lambda target: self._choose(target=target))
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
        self.form.show_row("region", on=finds)
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

    def _changed(self) -> None:
        values: dict[str, Any] = self.form.values()
        if values["norm"] != self._attack.norm:  # lengths of the other one mean nothing in it
            values |= {"eps": live_size(values["norm"]).default, "step": 0.0}
        self._choose(**values)

    def _choose(self, **changes: Any) -> None:
        self._attack = replace(self._attack, halt=None, **changes)
        self._fill()
        self._controller.set_attack(self._attack)

    def _fill(self) -> None:
        now, size = self._attack, self.form.controls["eps"]
        if isinstance(size, ParameterSlider):
            size.set_option(live_size(now.norm))
        self.form.show_values({name: getattr(now, name) for name in self.form.controls})
        self.form.controls["steps"].widget.setEnabled(not now.carried)
        self.second.set_request(now.second)
