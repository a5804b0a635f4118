"""The pinned units with their traces, and what happens when one leaves its usual range."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.protocol.observe import MOST_PINS, Pin, Trigger
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.pins.row import PinRow
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.choice import Choice
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.number_box import NumberBox
from nnvis.gui.widgets.unit_text import unit_label

LEAST = 290
OFF, FREEZE, SAVE = "off", "freeze", "save"
ACTIONS = {
    OFF: ("Nothing", "Only watch"),
    FREEZE: ("Freeze", "Hold the picture that set it off"),
    SAVE: ("Save", "Write a snapshot of the look that set it off"),
}
RULE = (
    "Mean and \N{GREEK SMALL LETTER SIGMA} are of the frames before, over about the last 300; "
    "a unit can fire after 30 frames."
)
FIRST = "No unit is pinned. Pin the selected one, and it stays in sight whatever you look at."


class PinsPage(QWidget):
    """What is pinned belongs to the model; the trigger stays."""

    pins_chosen = Signal(object)  # tuple[Pin, ...]
    trigger_chosen = Signal(object)  # Trigger, or None
    unit_chosen = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self._view_state = ViewState()
        self._of: tuple[object, ...] = ()
        self._shown: Snapshot | None = None
        self._trigger = Trigger()  # when it is next switched on
        self.rows: dict[Pin, PinRow] = {}
        self.pin = QPushButton("Pin the unit")
        KeepKeys(self.pin, PRESS)
        self.empty = QLabel(FIRST)
        self.empty.setObjectName("dim")
        self.empty.setWordWrap(True)
        self.action = Choice("What a trigger does", ACTIONS)
        self.sigmas = NumberBox("So many standard deviations above the mean; 0: never")
        self.pause = NumberBox("Seconds after one firing in which there is no other")
        self.top = QCheckBox("also when the top class changes")
        self.rule = QLabel(RULE)
        self.rule.setObjectName("dim")
        self.rule.setWordWrap(True)
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self._arrange()
        self.setMinimumWidth(LEAST)
        self.setAccessibleName("Pins")
        self.pin.clicked.connect(self.toggle)
        self.action.chosen.connect(self._act)
        for box in (self.sigmas, self.pause):
            box.editingFinished.connect(self._typed)
        self.top.toggled.connect(self._typed)
        self._show_trigger(None)

    def toggle(self) -> None:
        """Pin the selected unit, or let it go."""
        if self._view_state.layer is None:
            return
        request = self._view_state.request
        pin = Pin(request.layer, request.unit)
        pins = tuple(one for one in request.observe.pins if one != pin)
        if pins == request.observe.pins:
            pins = (*pins, pin)[-MOST_PINS:]
        self.pins_chosen.emit(pins)

    def switch(self) -> None:
        """Set the trigger as before, or take it away."""
        on = self._view_state.request.observe.trigger is not None
        self.trigger_chosen.emit(None if on else self._trigger)

    def set_view_state(self, view_state: ViewState) -> None:
        """Take over what is pinned; another source or model begins all traces anew."""
        self._view_state = view_state
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
            row.name.say(self._name(pin))
        pinned = Pin(request.layer, request.unit) in request.observe.pins
        self.pin.setText("Unpin the unit" if pinned else "Pin the unit")
        self.pin.setToolTip(f"{request.layer} unit {request.unit}  (Y)")
        self.empty.setVisible(not self.rows)
        self._show_trigger(request.observe.trigger)

    def look(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Add what the pins did on a current picture."""
        if snapshot is None or not match.picture:
            return
        if snapshot.request.fit != self._view_state.request.fit:
            return
        if snapshot is self._shown:
            return
        self._shown = snapshot
        trigger = self._view_state.request.observe.trigger
        for one in snapshot.observations.pins:
            row = self.rows.get(one.pin)
            if row is not None:
                row.show_look(one, snapshot.timings.made, trigger.sigmas if trigger else 0.0)

    def _add(self, pin: Pin) -> PinRow:
        row = PinRow(pin)
        row.chosen.connect(lambda one: self.unit_chosen.emit(one.layer, one.unit))
        row.removed.connect(self._remove)
        self._list.addWidget(row)
        return row

    def _name(self, pin: Pin) -> str:
        info = self._view_state.info
        layer = info.layer(pin.layer) if info is not None else None
        label = unit_label(info, layer, pin.unit) if info is not None and layer is not None else ""
        return f"{pin.layer} : {pin.unit}" + (f"  {label}" if label else "")

    def _remove(self, pin: Pin) -> None:
        pins = self._view_state.request.observe.pins
        self.pins_chosen.emit(tuple(one for one in pins if one != pin))

    def _act(self, action: str) -> None:
        self.trigger_chosen.emit(None if action == OFF else replace(self._trigger, action=action))

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
            self._show_trigger(self._view_state.request.observe.trigger)
            return
        self._trigger = changed
        if self._view_state.request.observe.trigger is not None:
            self.trigger_chosen.emit(changed)
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
        inner = QVBoxLayout(rows)
        inner.setContentsMargins(0, 0, 6, 0)
        inner.setSpacing(4)
        inner.addWidget(self.empty)
        inner.addLayout(self._list)
        inner.addStretch(1)
        area = scrolled(rows)
        head = QLabel("When a pinned unit rises")
        head.setObjectName("section")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.pin)
        layout.addWidget(area, 1)
        layout.addWidget(head)
        layout.addWidget(self.action)
        sigma = "\N{GREEK SMALL LETTER SIGMA}"
        layout.addLayout(_row("above mean +", self.sigmas, sigma))
        layout.addWidget(self.top)
        layout.addLayout(_row("then quiet for", self.pause, "s"))
        layout.addWidget(self.rule)


def _row(before: str, box: NumberBox, after: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    row.addWidget(QLabel(before))
    row.addWidget(box)
    row.addWidget(QLabel(after))
    row.addStretch(1)
    return row
