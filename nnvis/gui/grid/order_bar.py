"""In which order the units lie on the grid, how many, and what tiles bear; what that is by."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.protocol.unit_order import BY_NUMBER
from nnvis.engine.unit_order.registry import ORDERS
from nnvis.gui.grid.order_text import OrderText
from nnvis.gui.grid.tile_note import TITLES, TileNote
from nnvis.gui.state.view_state import Freshness, ViewState
from nnvis.gui.widgets.controls import icon_button, menu_button, offer
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import translatable

COUNTS = (24, 96, 0)  # of the first units; 0: all


class OrderBar(QWidget):
    """`text`, to be put below, says what the sheet in sight lies by, not what the next one will."""

    order_chosen = Signal(str)  # also the one in force: ordered anew
    most_chosen = Signal(int)
    note_chosen = Signal(object)  # TileNote

    def __init__(self) -> None:
        super().__init__()
        self._by, self._most = "", -1
        self.order = menu_button("Order of the units on the grid")
        self.most = menu_button("How many units are shown")
        self.note = menu_button("What each tile bears of its unit")
        self.again = icon_button("loop", "Order the units again, by what is shown now")
        self.text = OrderText()
        buttons = QHBoxLayout(self)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(5)
        for widget in (self.order, self.most, self.again, self.note):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        self.show_note(TileNote.NOTHING)
        self.again.clicked.connect(lambda: self.order_chosen.emit(self._by))

    def set_view_state(self, view_state: ViewState) -> None:
        """Show what is chosen."""
        asked = view_state.request.order
        if (asked.by, asked.most) == (self._by, self._most):
            return
        self._by, self._most = asked.by, asked.most
        offer(self.order, f"by {asked.by}", [
            (f"by {one.title}", one.name == asked.by, partial(self.order_chosen.emit, one.name))
            for one in ORDERS.values()
        ])  # fmt: skip
        self.order.menu().setToolTipsVisible(True)
        for action, one in zip(self.order.menu().actions(), ORDERS.values(), strict=True):
            action.setToolTip(plain_tip(one.help))
        offer(self.most, _count(asked.most), [
            (_count(one), one == asked.most, partial(self.most_chosen.emit, one)) for one in COUNTS
        ])  # fmt: skip
        self.again.setEnabled(asked.by != BY_NUMBER)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Say what the sheet is ordered by."""
        if snapshot is not None and match.layer:
            self.text.show_order(snapshot)

    def show_note(self, note: TileNote) -> None:
        """Show what the tiles bear."""
        offer(self.note, TITLES[note][0], [
            (f"{title}: {tip}", one is note, partial(self.note_chosen.emit, one))
            for one, (title, tip) in TITLES.items()
        ])  # fmt: skip

    def next_order(self) -> None:
        """Go on to the next order."""
        names = list(ORDERS)
        at = names.index(self._by) if self._by in names else -1
        self.order_chosen.emit(names[(at + 1) % len(names)])

    def next_most(self) -> None:
        """Show the first few large, more of them, all."""
        at = COUNTS.index(self._most) if self._most in COUNTS else -1
        self.most_chosen.emit(COUNTS[(at + 1) % len(COUNTS)])


def _count(most: int) -> str:
    return f"first {most}" if most else translatable("all")
