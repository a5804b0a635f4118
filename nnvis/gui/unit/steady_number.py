"""A number of the unit, which is another one on each picture."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import fill_ground

MIDDLE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop


class SteadyNumber(QWidget):
    """In the middle of its room, which stays: a QLabel would have the page laid out anew."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        fill_ground(self)

    def text(self) -> str:
        """Return what it shows."""
        return self._text

    def setText(self, text: str) -> None:
        """Show `text`."""
        if text != self._text:
            self._text = text
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._text), self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme.TEXT)
        painter.drawText(self.rect(), MIDDLE, self._text)
