"""What is switched off, turned up or held still: the whole list, and the selected unit's part."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.controls import NumberBox, menu_button, offer, slider
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.keys import ARROWS, PRESS, KeepKeys
from nnvis.gui.widgets.layouts import STRETCH, hbox, vbox
from nnvis.gui.widgets.number_text import TIMES, short
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr
from nnvis.views.request import Ablation, AblationMode

WORDS = {
    None: "as it is",
    AblationMode.ZERO: "off",
    AblationMode.SCALE: "scaled",
    AblationMode.CLAMP: "clamped",
    AblationMode.MEAN: "its mean",
    AblationMode.FREEZE: "frozen",
}
FINE = 20  # steps of the slider to a factor of 1
LOWEST, HIGHEST = -2, 4  # factors
ROWS = 4  # of the list that are seen at once


class AblationPage(QWidget):
    """Emits all changes that are wanted from now on."""

    chosen = Signal(object)  # tuple of Ablation
    unit_chosen = Signal(str, int)
    how_chosen = Signal(object)  # How, or None: for the selected unit

    def __init__(self) -> None:
        super().__init__()
        self._changes: tuple[Ablation, ...] = ()
        self._own: Ablation | None = None
        self.head = PlainLabel("Switched off", kind="section")
        self.restore = QPushButton(tr("All back"))
        self.restore.setToolTip(tr("Let the network be as it was  (R)"))
        KeepKeys(self.restore, PRESS)
        self.list = _List()
        self.unit = ElidedLabel(Qt.TextElideMode.ElideMiddle, kind="dim")
        self.how = menu_button("What becomes of the selected unit")
        self.factor = slider("Factor on the unit", (HIGHEST - LOWEST) * FINE)
        self.low, self.high = NumberBox("Lowest value of the unit"), NumberBox("Highest value")
        self._arrange()
        self.restore.clicked.connect(lambda: self.chosen.emit(()))
        self.list.itemClicked.connect(self._clicked)
        self.list.itemActivated.connect(self._activated)
        self.factor.valueChanged.connect(lambda value: self._alter(factor=value / FINE + LOWEST))
        for box in (self.low, self.high):
            box.editingFinished.connect(self._typed)

    def set_view_state(self, view_state: ViewState) -> None:
        """Show what is in force."""
        request = view_state.request
        changes = request.ablation.units
        if changes != self._changes:
            self._changes = changes
            self.list.show_changes(changes)
            self.head.setText(f"Changed ({len(changes)})")
            for widget in (self.head, self.restore, self.list):
                widget.setVisible(bool(changes))
        own = change_of(changes, request.layer, request.unit)
        self._own = own
        self.unit.say(f"unit {request.unit}")
        self.how.setEnabled(view_state.layer is not None)
        offer(self.how, WORDS[own.how if own else None], [
            (text, how is (own.how if own else None), partial(self.how_chosen.emit, how))
            for how, text in WORDS.items()
        ])  # fmt: skip
        self.factor.setVisible(own is not None and own.how is AblationMode.SCALE)
        for box in (self.low, self.high):
            box.setVisible(own is not None and own.how is AblationMode.CLAMP)
        if own is not None:
            with QSignalBlocker(self.factor):
                self.factor.setValue(round((own.factor - LOWEST) * FINE))
            self.low.show_value(own.low)
            self.high.show_value(own.high)

    def _alter(self, **values: Any) -> None:
        if self._own is not None:
            new = replace(self._own, **values)
            self.chosen.emit(tuple(new if one == self._own else one for one in self._changes))

    def _typed(self) -> None:
        for box in (self.low, self.high):
            box.setModified(False)
        low, high = self.low.value(), self.high.value()
        if self._own is not None and low <= high:
            self._alter(low=low, high=high)
        elif self._own is not None:
            self.low.show_value(self._own.low)
            self.high.show_value(self._own.high)

    def _clicked(self, item: QTreeWidgetItem, column: int) -> None:
        change = item.data(0, Qt.ItemDataRole.UserRole)
        if column == 2:
            self.chosen.emit(tuple(one for one in self._changes if one != change))
        else:
            self.unit_chosen.emit(change.layer, change.unit)

    def _activated(self, item: QTreeWidgetItem) -> None:
        change = item.data(0, Qt.ItemDataRole.UserRole)
        self.unit_chosen.emit(change.layer, change.unit)

    def _arrange(self) -> None:
        top = hbox(self.head, STRETCH, self.restore)
        row = hbox(self.unit, self.how, (self.factor, 1), self.low, self.high, gap=6)
        row.addStretch(0)
        vbox(top, self.list, row, gap=4, edge=0, of=self)
        for widget in (self.head, self.restore, self.list, self.factor, self.low, self.high):
            widget.hide()


def change_text(change: Ablation) -> str:
    """Say what becomes of a unit."""
    if change.how is AblationMode.SCALE:
        return f"{TIMES} {short(change.factor)}"
    if change.how is AblationMode.CLAMP:
        return f"{short(change.low)} … {short(change.high)}"
    return {AblationMode.ZERO: "off", AblationMode.MEAN: "mean", AblationMode.FREEZE: "frozen"}[
        change.how
    ]


class _List(QTreeWidget):
    """A row for each unit: where, what, and a cross that puts it back."""

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName(tr("Changed units"))
        self.setFrameShape(self.Shape.NoFrame)
        head = self.header()
        head.setStretchLastSection(False)
        head.setMinimumSectionSize(16)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        KeepKeys(self, ARROWS)

    def show_changes(self, changes: tuple[Ablation, ...]) -> None:
        """Show `changes`, in the order in which they were made."""
        self.clear()
        for change in changes:
            text = [f"{change.layer}:{change.unit}", tr(change_text(change)), "✕"]
            item = QTreeWidgetItem(text)
            item.setData(0, Qt.ItemDataRole.UserRole, change)
            item.setToolTip(0, plain_tip(f"{text[0]}: {text[1]}"))
            item.setToolTip(2, tr("Put this unit back"))
            self.addTopLevelItem(item)
        height = self.sizeHintForRow(0) if changes else 0
        self.setFixedHeight(height * min(ROWS, len(changes)) + 4)
        self.scrollToBottom()


def change_of(changes: tuple[Ablation, ...], layer: str, unit: int) -> Ablation | None:
    """Return what becomes of a unit, None where nothing does."""
    return next((one for one in changes if (one.layer, one.unit) == (layer, unit)), None)
