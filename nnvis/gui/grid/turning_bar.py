"""A bar whose parts lie side by side where they have room, else one below the other."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget


class TurningBar(QWidget):
    """Turns when its width changes and when one of its buttons says something longer."""

    def turn(self) -> None:
        """Give each layout the direction that the width allows."""
        raise NotImplementedError

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.turn()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.turn()
        return super().event(event)


def direction(beside: bool) -> QBoxLayout.Direction:
    """Return the direction of parts that lie beside each other, or else below."""
    return QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
