"""The pinned units with their traces, and what happens when one leaves its usual range."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.protocol.observe import MOST_PINS, Pin, Trigger, TriggerAction
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.pins.row import PinRow
from nnvis.gui.pins.triggered import Triggered
from nnvis.gui.state.context import Context
from nnvis.gui.state.kept_pins import keep_pins, kept_trigger
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.unit_text import unit_label
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.widgets.controls import NumberBox, scrolled
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import STRETCH, hbox, vbox
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr, verbatim

OFF = "off"
ACTIONS = {
    OFF: ("Nothing", "Only watch"),
    TriggerAction.FREEZE: ("Freeze", "Hold the picture that set it off"),
    TriggerAction.SAVE: ("Save", "Write a snapshot of the look that set it off"),
}
RULE = (
    "Mean and \N{GREEK SMALL LETTER SIGMA} are of the frames before, over about the last 300; "
    "a unit can fire after 30 frames."
)
FIRST = "No unit is pinned. Pin the selected one, and it stays in sight whatever you look at."


class PinsPage(PageWidget):
    """What is pinned belongs to the model; the trigger stays."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Pins")
        self._of: tuple[object, ...] = ()
        self._shown: Snapshot | None = None
        self._trigger = Trigger()  # when it is next switched on
        self.rows: dict[Pin, PinRow] = {}
        self.pin = QPushButton(tr("Pin the unit"))
        KeepKeys(self.pin, PRESS)
        self.empty = PlainLabel(FIRST, kind="dim", wraps=True)
        self.action = ChoiceRow("What a trigger does", ACTIONS)
        self.sigmas = NumberBox("So many standard deviations above the mean; 0: never")
        self.pause = NumberBox("Seconds after one firing in which there is no other")
        self.top = QCheckBox(tr("also when the top class changes"))
        self.rule = PlainLabel(RULE, kind="dim", wraps=True)
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self._arrange()
        self.pin.clicked.connect(self.toggle)
        self.action.chosen.connect(self._act)
        for box in (self.sigmas, self.pause):
            box.editingFinished.connect(self._typed)
        self.top.toggled.connect(self._typed)
        self._show_trigger(None)
        context.commands.on("pin", lambda _on: self.toggle())
        context.commands.on("trigger", lambda _on: self.switch())
        self._triggered = Triggered(context, self)
        self.controller.set_trigger(kept_trigger(self.controller.settings))

    def toggle(self) -> None:
        """Pin the selected unit, or let it go."""
        if self.view_state.layer is None:
            return
        request = self.view_state.request
        pin = Pin(request.layer, request.unit)
        pins = tuple(one for one in request.observe.pins if one != pin)
        if pins == request.observe.pins:
            pins = (*pins, pin)[-MOST_PINS:]
        self.controller.set_pins(pins)

    def switch(self) -> None:
        """Set the trigger as before, or take it away."""
        on = self.view_state.request.observe.trigger is not None
        self._set_trigger(None if on else self._trigger)

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over what is pinned; another source or model begins all traces anew."""
        request = view_state.request
        of = (id(view_state.info), view_state.source, request.fit)
        for pin in [pin for pin in self.rows if pin not in request.observe.pins]:
            self.rows.pop(pin).deleteLater()
        for pin in request.observe.pins:
            if pin not in self.rows:
                self.rows[pin] = self._add(pin)
        if of != self._of:
            self._of = of
            for row in self.rows.values():
                row.forget()
        for pin, row in self.rows.items():
            row.name.say(verbatim(self._name(pin)))
        pinned = Pin(request.layer, request.unit) in request.observe.pins
        self.pin.setText(tr("Unpin the unit") if pinned else tr("Pin the unit"))
        self.pin.setToolTip(plain_tip(f"{request.layer} unit {request.unit}  (Y)"))
        self.empty.setVisible(not self.rows)
        self._show_trigger(request.observe.trigger)
        self.context.commands["trigger"].setChecked(request.observe.trigger is not None)
        self.context.commands["pin"].setChecked(pinned)
        keep_pins(self.controller.settings, view_state.info, request)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Add what the pins did on a current picture."""
        if snapshot is None or not match.picture:
            return
        if snapshot.request.fit != self.view_state.request.fit:
            return
        if snapshot is self._shown:
            return
        self._shown = snapshot
        trigger = self.view_state.request.observe.trigger
        sigmas = trigger.sigmas if trigger else 0.0
        at = None if self.controller.session.frozen else snapshot.timings.made
        for one in snapshot.observations.pins:
            row = self.rows.get(one.pin)
            if row is not None:
                row.show_look(one, at, sigmas)

    def _add(self, pin: Pin) -> PinRow:
        row = PinRow(pin)
        row.chosen.connect(lambda one: self.controller.go(one.layer, one.unit))
        row.removed.connect(self._remove)
        self._list.addWidget(row)
        return row

    def _name(self, pin: Pin) -> str:
        info = self.view_state.info
        layer = info.layer(pin.layer) if info is not None else None
        label = unit_label(info, layer, pin.unit) if info is not None and layer is not None else ""
        return f"{pin.layer} : {pin.unit}" + (f"  {label}" if label else "")

    def _remove(self, pin: Pin) -> None:
        pins = self.view_state.request.observe.pins
        self.controller.set_pins(tuple(one for one in pins if one != pin))

    def _set_trigger(self, trigger: Trigger | None) -> None:
        self.controller.set_trigger(trigger)
        saves = trigger is not None and trigger.action == TriggerAction.SAVE
        if saves and not self.controller.settings.snapshot_folder:
            self.context.saving.ask_folder()

    def _act(self, action: TriggerAction) -> None:
        self._set_trigger(None if action == OFF else replace(self._trigger, action=action))

    def _typed(self) -> None:
        for box in (self.sigmas, self.pause):
            box.setModified(False)
        changed = replace(
            self._trigger,
            sigmas=min(100.0, max(0.0, self.sigmas.value())),
            pause=min(3600.0, max(1.0, self.pause.value())),
            top=self.top.isChecked(),
        )
        if changed == self._trigger:
            self._show_trigger(self.view_state.request.observe.trigger)
            return
        self._trigger = changed
        if self.view_state.request.observe.trigger is not None:
            self._set_trigger(changed)
        else:
            self._show_trigger(None)

    def _show_trigger(self, trigger: Trigger | None) -> None:
        if trigger is not None:
            self._trigger = trigger
        self.action.show_choice(OFF if trigger is None else trigger.action)
        self.sigmas.show_value(self._trigger.sigmas)
        self.pause.show_value(self._trigger.pause)
        with QSignalBlocker(self.top):
            self.top.setChecked(self._trigger.top)

    def _arrange(self) -> None:
        rows = QWidget()
        vbox(self.empty, self._list, STRETCH, gap=4, edge=(0, 0, 6, 0), of=rows)
        area = scrolled(rows)
        head = PlainLabel("When a pinned unit rises", kind="section")
        self.column.addWidget(self.pin)
        self.column.addWidget(area, 1)
        self.column.addWidget(head)
        self.column.addWidget(self.action)
        sigma = "\N{GREEK SMALL LETTER SIGMA}"
        self.column.addLayout(_row("above mean +", self.sigmas, sigma))
        self.column.addWidget(self.top)
        self.column.addLayout(_row("then quiet for", self.pause, "s"))
        self.column.addWidget(self.rule)


def _row(before: str, box: NumberBox, after: str) -> QHBoxLayout:
    return hbox(PlainLabel(before), box, PlainLabel(after), STRETCH, gap=6)
