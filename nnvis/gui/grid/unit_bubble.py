"""The words beside the pointer: which unit is under it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from nnvis.gui.widgets.plain_text import PlainLabel


class UnitBubble(PlainLabel):
    """Lies over the pane, and lets the mouse through."""

    def __init__(self, pane: QWidget) -> None:
        super().__init__(parent=pane)
        self._pane = pane
        self.setObjectName("bubble")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def name(self, text: str) -> None:
        """Say `text`."""
        self.setText(text)
        self.adjustSize()
        self.show()

    def place(self, at: QPoint) -> None:
        """Go beside a point, to the side where there is room."""
        size, room = self.size(), self._pane.size()
        right, below = at.x() + 16, at.y() + 18
        x = right if right + size.width() < room.width() else at.x() - size.width() - 10
        y = below if below + size.height() < room.height() else at.y() - size.height() - 8
        self.move(max(0, x), max(0, y))
