"""All keys at a glance, from the registry of actions."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui import theme
from nnvis.gui.actions import COMMANDS, GROUPS, keys_text

MOUSE = (
    (("click",), "Select a unit or a layer"),
    (("double click",), "Enlarge a unit, and back"),
    (("wheel",), "Zoom at the pointer"),
    (("drag",), "Move the enlarged grid"),
    (("drop",), "Open a picture, video, folder, weights or snapshot"),
)
_CAP = (
    f"background: {theme.RAISED.name()}; border: 1px solid {theme.LINE.name()};"
    f"border-bottom-color: {theme.FAINT.name()}; border-radius: 4px; padding: 1px 6px;"
)
COLUMNS = ((GROUPS[0], GROUPS[3]), (GROUPS[1],), (GROUPS[2], GROUPS[4], GROUPS[5]))


class HelpOverlay(QWidget):
    """Covers `parent`; a click closes it."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setAccessibleName("Keys")
        card = QFrame()
        card.setObjectName("card")
        card.setStyleSheet(
            f"#card {{ background: {theme.PANEL.name()}; border: 1px solid {theme.FAINT.name()};"
            "border-radius: 12px; }"
        )
        columns = QHBoxLayout(card)
        columns.setContentsMargins(26, 20, 26, 22)
        columns.setSpacing(34)
        for number, groups in enumerate(COLUMNS):
            column = QVBoxLayout()
            column.setSpacing(4)
            for group in groups:
                rows = [command for command in COMMANDS if command.group == group and command.keys]
                _add_group(column, group, [(keys_text(command), command.text) for command in rows])
            if number == 0:
                _add_group(column, "Mouse", MOUSE)
            column.addStretch(1)
            columns.addLayout(column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setStyleSheet(
            "QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }"
        )
        middle = QWidget()
        around = QHBoxLayout(middle)
        around.addStretch(1)
        around.addWidget(card, 0, Qt.AlignmentFlag.AlignVCenter)
        around.addStretch(1)
        area.setWidget(middle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(area)
        parent.installEventFilter(self)
        self.hide()

    def showEvent(self, event: QEvent) -> None:
        self.setGeometry(self._over.rect())
        self.raise_()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(10, 11, 14, 190))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._over.rect())
        return False


def _add_group(column: QVBoxLayout, title: str, rows: Sequence[tuple[Sequence[str], str]]) -> None:
    head = QLabel(title)
    head.setStyleSheet(f"color: {theme.ACCENT.name()}; font-weight: 600; padding-top: 6px;")
    column.addWidget(head)
    table = QGridLayout()
    table.setHorizontalSpacing(16)
    table.setVerticalSpacing(4)
    for number, (keys, text) in enumerate(rows):
        caps = QHBoxLayout()
        caps.setSpacing(4)
        for key in keys:
            cap = QLabel(key)
            cap.setStyleSheet(_CAP)
            caps.addWidget(cap)
        caps.addStretch(1)
        what = QLabel(text)
        what.setObjectName("dim")
        table.addLayout(caps, number, 0)
        table.addWidget(what, number, 1)
    table.setColumnStretch(1, 1)
    column.addLayout(table)
