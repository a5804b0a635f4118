"""A place to type a number."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QLineEdit

from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr


class NumberBox(QLineEdit):
    """A number with as many digits as it needs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("number")
        self.setToolTip(plain_tip(name))
        self.setAccessibleName(tr(name))
        self.setLocale(QLocale.c())
        validator = QDoubleValidator(self)
        validator.setLocale(QLocale.c())
        self.setValidator(validator)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setFixedWidth(58)

    def show_value(self, value: float) -> None:
        """Show `value`, unless the person is typing another one."""
        if not self.isModified():
            self.setText(f"{value:.4g}")

    def value(self) -> float:
        """Return what is typed, as the validator lets it through."""
        number, _ok = self.locale().toDouble(self.text())
        return number
