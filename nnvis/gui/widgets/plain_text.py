"""Names of others as they are: Qt takes what looks like markup for markup unless it is told."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from nnvis.language import source_of, tr


class PlainLabel(QLabel):
    """A label that shows every character of its text, in the language in use."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        kind: str = "",
        wraps: bool = False,
    ) -> None:
        """Show `text`, of a `kind` that the style sheet knows: dim, warn, section, ..."""
        super().__init__(tr(text), parent)
        self._source = text
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(kind)
        self.setWordWrap(wraps)

    def setText(self, text: str) -> None:
        self._source = text
        super().setText(tr(text))

    def say_again(self) -> None:
        """Show the same text in the language that is in use now."""
        if self.text():  # else it may have been cleared
            self.setText(source_of(self._source) or self._source)


class PlainBox(QMessageBox):
    """A question, or a message, that shows every character of its text."""

    def __init__(self, parent: QWidget, title: str, text: str) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle(tr(title))
        self.setText(tr(text))


def plain_tip(text: str) -> str:
    """Return what a tool tip shows as `text` in the language in use, whatever that looks like."""
    said = tr(text)
    if not GuiQt.mightBeRichText(said):
        return said
    return f"<p style='white-space:pre-wrap'>{html.escape(said)}</p>"
