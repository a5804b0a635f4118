"""Asks for the address of a network stream."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QWidget,
)

from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr
from nnvis.sources.network.credentials import has_keyring

SCHEMES = ("http://", "https://", "rtsp://", "rtsps://")


class StreamDialog(QDialog):
    """Non-modal in effect: the picture goes on behind it."""

    chosen = Signal(str)
    keyring_wanted = Signal(str)  # after `chosen`, for the same address

    def __init__(self, parent: QWidget, last: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Open network stream"))
        self.setMinimumWidth(460)
        self.address = QLineEdit(last, placeholderText=tr("rtsp://… or http://…"))
        self.address.setAccessibleName(tr("Address of the stream"))
        note = PlainLabel(
            "The address of a camera or a video, as its maker gives it. Where it asks for a"
            " password: http://NAME:PASSWORD@host/path; it is neither shown nor kept.",
            wraps=True,
        )
        self.keep = QCheckBox(tr("Keep the password in the system's keyring"))
        self.keep.setVisible(has_keyring())
        note.setObjectName("dim")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self._open = buttons.button(QDialogButtonBox.StandardButton.Open)
        self._open.setObjectName("primary")
        vbox(self.address, note, self.keep, buttons, gap=10, edge=(18, 16, 18, 16), of=self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.address.textChanged.connect(self._check)
        self.accepted.connect(self._accepted)
        self._check()

    def _accepted(self) -> None:
        address = self.address.text().strip()
        self.chosen.emit(address)
        if self.keep.isChecked():
            self.keyring_wanted.emit(address)

    def _check(self) -> None:
        text = self.address.text().strip().lower()
        self._open.setEnabled(any(text.startswith(s) and len(text) > len(s) for s in SCHEMES))
