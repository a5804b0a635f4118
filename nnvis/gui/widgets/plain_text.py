"""Names of others as they are: Qt takes what looks like markup for markup unless it is told."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget


class PlainLabel(QLabel):
    """A label that shows every character of its text."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        kind: str = "",
        wraps: bool = False,
    ) -> None:
        """Show `text`, of a `kind` that the style sheet knows: dim, warn, section, ..."""
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(kind)
        self.setWordWrap(wraps)


class PlainBox(QMessageBox):
    """A question, or a message, that shows every character of its text."""

    def __init__(self, parent: QWidget, title: str, text: str) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle(title)
        self.setText(text)


def plain_tip(text: str) -> str:
    """Return what a tool tip shows as `text`, whatever that looks like."""
    if not GuiQt.mightBeRichText(text):
        return text
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>"
