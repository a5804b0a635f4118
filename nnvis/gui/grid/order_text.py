"""What the units on the grid are ordered by, and of which picture that was taken."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.protocol.unit_order import BY_NUMBER, ShownOrder
from nnvis.engine.unit_order.registry import ORDERS
from nnvis.gui.grid.turning_bar import TurningBar, direction
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.number_text import span_text
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import together, tr, verbatim
from nnvis.sources.frame import Frame

ROOMY = 96  # letters of the whole width, in which both have room side by side


class OrderText(TurningBar):
    """Two lines, or one where there is room; hidden while all units lie by their numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.meaning, self.frame = ElidedLabel(), ElidedLabel(kind="dim")
        self._lines = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._lines.setContentsMargins(0, 0, 6, 0)
        self._lines.setSpacing(2)
        self._lines.addWidget(self.meaning)
        self._lines.addWidget(self.frame, 1)
        self.hide()

    def turn(self) -> None:
        beside = self.width() >= ROOMY * self.fontMetrics().averageCharWidth()
        self._lines.setDirection(direction(beside))
        self._lines.setSpacing(14 if beside else 2)

    def show_order(self, snapshot: Snapshot) -> None:
        """Say it of the sheet of `snapshot`."""
        order, units = snapshot.sheet.order, snapshot.layer.units
        self.setVisible(order is not None)
        if order is None:
            return
        by_number = order.text.startswith(f"by {BY_NUMBER}")  # or it says why it is so
        text = order.text if by_number else f"ordered by {order.text}"
        if len(order.units) < units:
            text = together("; ", text, f"the first {len(order.units)} of {units:,}")
        self.meaning.say(text)
        of = _of_frame(order, snapshot.frame)
        self.frame.say(of)
        if not by_number and order.by in ORDERS:
            whole = together("\n", text, of, ORDERS[order.by].help)
            self.meaning.setToolTip(plain_tip(whole))


def _of_frame(order: ShownOrder, shown: Frame) -> str:
    """Say of which frame the order is, and whether that is the one in sight."""
    of = order.of
    if of is None:
        return ""
    name, same = verbatim(of.name), of.is_shown(shown)
    if same is None:
        return f"as of {name}"
    if same and order.changed:
        return "as of this picture, before the network was changed"
    if same:
        return "as of this picture"
    if of.name == shown.name and of.source == shown.source:  # many have one name
        name = verbatim(tr(f"{name}, frame {of.index}"))
    if of.time is None:
        return f"as of {name}, another picture"
    later = shown.time - of.time
    if later < 0:
        return f"as of {name}, {span_text(-later)} later"
    return f"as of {name}, {span_text(later)} earlier"
