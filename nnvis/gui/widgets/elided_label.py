"""A label that ends in … where there is no room, and says all in its tool tip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import source_of, tr


class SaidLabel(QLabel):
    """Shows what is said, as it is, and all of it in its tip."""

    def __init__(self, kind: str) -> None:
        """Say nothing yet; `kind` is one of the style sheet's."""
        super().__init__()
        self._source = ""
        self.setObjectName(kind)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def say(self, text: str) -> None:
        """Show `text`."""
        if text != self._source:
            self._source = text
            self.setText(tr(text))
            self.setToolTip(plain_tip(text))

    def say_again(self) -> None:
        """Show the same text in the language that is in use now."""
        said, self._source = source_of(self._source) or self._source, ""
        self.say(said)


class ElidedLabel(SaidLabel):
    """Takes as much room as there is, up to its text, and never asks for more."""

    def __init__(
        self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, *, kind: str = ""
    ) -> None:
        """Leave out what is too much where `mode` says; `kind` is one of the style sheet's."""
        super().__init__(kind)
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)


class TwoLines(SaidLabel):
    """Words in the room of two lines, so that nothing moves when they change; all in its tip."""

    def __init__(self, *, kind: str = "") -> None:
        super().__init__(kind)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def hasHeightForWidth(self) -> bool:
        return False

    def sizeHint(self) -> QSize:
        return QSize(120, 2 * self.fontMetrics().lineSpacing())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())
