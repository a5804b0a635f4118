"""Asks for the address of a network stream."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

SCHEMES = ("http://", "https://", "rtsp://", "rtsps://")


class StreamDialog(QDialog):
    """Non-modal in effect: the picture goes on behind it."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, last: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle("Open network stream")
        self.setMinimumWidth(460)
        self.address = QLineEdit(last, placeholderText="rtsp://… or http://…")
        self.address.setAccessibleName("Address of the stream")
        note = QLabel("The address of a camera or a video, as its maker gives it.")
        note.setObjectName("dim")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self._open = buttons.button(QDialogButtonBox.StandardButton.Open)
        self._open.setObjectName("primary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(10)
        layout.addWidget(self.address)
        layout.addWidget(note)
        layout.addWidget(buttons)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.address.textChanged.connect(self._check)
        self.accepted.connect(lambda: self.chosen.emit(self.address.text().strip()))
        self._check()

    def _check(self) -> None:
        text = self.address.text().strip().lower()
        self._open.setEnabled(any(text.startswith(s) and len(text) > len(s) for s in SCHEMES))
