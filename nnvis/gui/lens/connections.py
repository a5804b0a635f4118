"""The page of the lens about the units that this one is most connected with."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnvis.engine.protocol.observations import ConnectedLayer, Connections
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.unit_list import UnitList, UnitListEntry
from nnvis.language import tr, verbatim

MOST = 8
BEFORE = "What it hears from"
AFTER = "What hears it"
WORTH = {
    BEFORE: "what it would lose without each",
    AFTER: "what each loses without it",
}
TIPS = {
    BEFORE: (
        "Gradient x activation: what this unit would lose without that one, to first order,\n"
        "summed over cells, on the frame shown; the nearest layer that mixes units"
    ),
    AFTER: (
        "What that unit loses when this one is switched off, summed over cells, on the frame\n"
        "shown; the nearest layer that mixes units"
    ),
}


class ConnectionsView(QWidget):
    """A click goes to the unit."""

    chosen = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self.lists = {name: UnitList(name, MOST) for name in (BEFORE, AFTER)}
        self.places = {name: ElidedLabel(Qt.TextElideMode.ElideMiddle) for name in (BEFORE, AFTER)}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for name, rows in self.lists.items():
            head = PlainLabel(name, kind="section")
            head.setToolTip(plain_tip(TIPS[name]))
            worth = PlainLabel(WORTH[name], kind="dim")
            worth.setToolTip(plain_tip(TIPS[name]))
            layout.addWidget(head)
            layout.addWidget(worth)
            layout.addWidget(self.places[name])
            layout.addWidget(rows)
            layout.addSpacing(8)
            rows.chosen.connect(self.chosen)
        layout.addStretch(1)

    def show_found(self, found: Connections, colormap: str) -> None:
        """Show both sides, signs in the colours of the map of signed values."""
        for rows in self.lists.values():
            rows.show_signs(colormap)
        self._show(BEFORE, found.before, "nothing but the picture")
        self._show(AFTER, found.after, "nothing: no later layer changes without it")

    def forget(self) -> None:
        """Show nothing."""
        for name in (BEFORE, AFTER):
            self.places[name].say("…")
            self.lists[name].show_entries([])

    def _show(self, name: str, side: ConnectedLayer | None, nothing: str) -> None:
        if side is None:
            self.places[name].say(nothing)
            self.lists[name].show_entries([])
            return
        more = f", and {side.others:,} weaker" if side.others else ""
        silent = "" if side.links else ": nothing on this frame"
        self.places[name].say(verbatim(f"{side.layer}{tr(silent)}{tr(more)}"))
        self.lists[name].show_entries(
            [UnitListEntry(side.layer, unit, f"unit {unit}", share) for unit, share in side.links]
        )
