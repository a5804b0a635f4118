"""A line with an arrow that opens and closes what lies under it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.language import tr

_PLAIN = "QToolButton, QToolButton:checked { border: none; background: transparent; padding: 2px; }"


class Fold(QWidget):
    """`body` under its `title`, closed at first."""

    def __init__(self, title: str, body: QWidget) -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setText(tr(title))
        self.button.setCheckable(True)
        self.button.setStyleSheet(_PLAIN)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.toggled.connect(self._show)
        KeepKeys(self.button, PRESS)
        self.body = body
        vbox(hbox(self.button, None), body, gap=4, edge=0, of=self)
        self._show(False)

    def open(self, wide: bool) -> None:
        """Open it, or close it."""
        self.button.setChecked(wide)

    def _show(self, wide: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if wide else Qt.ArrowType.RightArrow)
        self.body.setVisible(wide)
