"""The objects of the frame, the strongest first; a click looks back from one, and follows it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from nnvis.engine.protocol.request import AttackRequest
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.context import Context
from nnvis.gui.state.object_boxes import OBJECTS_FROM
from nnvis.gui.state.page import PageWidget
from nnvis.gui.state.view_state import Freshness
from nnvis.gui.widgets.controls import scrolled, slider
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.unit_list import UnitList, UnitListEntry
from nnvis.language import tr, verbatim
from nnvis.models.detection.region import FoundObject, FoundObjects

MOST = 100  # rows
USUAL = round(100 * OBJECTS_FROM)
HINT = (
    "A click here, or on the input, looks back from the object. It is the same on the next frames "
    "as long as it overlaps its last place."
)


INSTEAD = (
    "It gives the whole picture a class. Open a detector, such as Faster R-CNN, DETR or YOLO, or a "
    "segmentation: what it finds is listed here, looked back from and fooled."
)


class ObjectsPage(PageWidget):
    """Nothing of another frame's network or source is left standing."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, "Objects")
        self._found: FoundObjects | None = None
        self._followed: int | None = None
        self.title = ElidedLabel(kind="title")
        self.followed = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="accent")
        self.least = slider("Score from which objects are drawn", 100)
        self.least.setValue(USUAL)
        self.least_text = PlainLabel()
        self.list = UnitList("Objects found", MOST)
        self.fool = QPushButton(tr("Fool the network about it"))
        self.fool.setToolTip(tr("Attack what is looked back from, or the strongest object"))
        KeepKeys(self.fool, PRESS)
        hint = PlainLabel(HINT, kind="dim", wraps=True)
        self.instead = PlainLabel(INSTEAD, kind="dim", wraps=True)
        self.open = QPushButton(tr("Open a network…"))
        self.open.setToolTip(tr("Ask for the network that looks"))
        KeepKeys(self.open, PRESS)
        self.drawn = QWidget()
        row = QHBoxLayout(self.drawn)
        row.setContentsMargins(0, 0, 0, 0)
        name = PlainLabel("Drawn from", kind="dim")
        row.addWidget(name)
        row.addWidget(self.least, 1)
        row.addWidget(self.least_text)
        self.column.addWidget(self.title)
        self.column.addWidget(self.followed)
        self.column.addWidget(self.drawn)
        self.column.addWidget(scrolled(self.list), 1)
        self.column.addWidget(self.fool)
        self.column.addWidget(hint)
        self.column.insertWidget(1, self.instead)
        self.column.insertWidget(2, self.open)
        self._of_detectors = (self.drawn, self.fool, hint)
        self.least.valueChanged.connect(self._drawn_from)
        self.list.chosen.connect(lambda _layer, number: self._look(number))
        self.fool.clicked.connect(self._fool)
        self.open.clicked.connect(lambda: context.commands["open_model"].trigger())
        context.commands.on("next_object", self._next)
        context.object_chosen.connect(self.controller.pin_object)
        self._drawn_from(USUAL)
        self._say()

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """List what was found on this frame."""
        current = snapshot is not None and match.picture
        self._found = snapshot.objects if snapshot is not None and current else None
        self._followed = snapshot.followed if snapshot is not None and current else None
        if self.isVisible():
            self._say()

    def showEvent(self, event: object) -> None:
        self._say()  # what arrived while it was out of sight

    def _say(self) -> None:
        info, found = self.view_state.info, self._found
        listed = found.listed if found is not None else ()
        shown = sum(one.score >= self.least.value() / 100 for one in listed)
        finds_none = info is not None and not info.detects
        for part in self._of_detectors:
            part.setVisible(not finds_none)
        for part in (self.instead, self.open):
            part.setVisible(finds_none)
        if info is not None and not info.detects:
            self.title.say("This network looks for no objects")
        elif found is None:
            self.title.say("\N{HORIZONTAL ELLIPSIS}")
        elif not listed:
            self.title.say("Nothing found")
        else:
            more = f", {found.left_out:,} more left out" if found.left_out else ""
            self.title.say(f"{shown} of {len(listed)} drawn{more}")
        at = self._followed
        self.followed.say(f"Followed: {text_of(listed[at])}" if at is not None else "")
        self.list.show_entries(
            [
                UnitListEntry("", at, verbatim(text_of(one)), one.score)
                for at, one in enumerate(listed)
            ],
            1.0,
        )
        self.fool.setEnabled(bool(listed))

    def _drawn_from(self, value: int) -> None:
        self.least_text.setText(f"{value / 100:.2f}")
        self.context.objects_drawn_from.emit(value / 100)
        self._say()

    def _look(self, number: int) -> None:
        if self._found is not None and number < len(self._found.listed):
            self.controller.pin_object(self._found.listed[number].region)

    def _next(self) -> None:
        if self._found is not None and self._found.listed:
            at = -1 if self._followed is None else self._followed
            self._look((at + 1) % len(self._found.listed))

    def _fool(self) -> None:
        if self._found is None or not self._found.listed:
            return
        chosen = self._found.listed[self._followed or 0]
        attack = self.view_state.request.attack or AttackRequest(steps=4)
        self.controller.set_attack(replace(attack, region=chosen.region, target=None))


def text_of(one: FoundObject) -> str:
    """Name an object, with its size where it has a mask."""
    return one.name if one.area is None else f"{one.name}, {one.area:.1%} of the picture"
