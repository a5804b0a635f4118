"""All keys at a glance, from the registry of actions."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui.state.commands import (
    FOOL,
    LENS,
    LOOK,
    MODEL,
    OFF,
    PANES,
    PICTURE,
    SAVE,
    SOURCE,
    UNITS,
    WINDOW,
    CommandActions,
    keys_text,
)
from nnvis.gui.widgets.plain_text import PlainLabel

MOUSE = (
    (("click",), "Select a unit or a layer"),
    (("double click",), "Enlarge a unit, and back"),
    (("Ctrl+click",), "Switch a unit off, or put it back"),
    (("wheel",), "Zoom at the pointer"),
    (("drag",), "Move the enlarged grid"),
    (("drop",), "Open a picture, video, folder, weights or snapshot"),
)

Columns = tuple[tuple[str, ...], ...]
WIDE: Columns = (
    (SOURCE, LENS, MODEL),
    (UNITS, LOOK, SAVE, PANES, "Mouse"),
    (PICTURE, OFF, FOOL, WINDOW),
)
NARROW: Columns = (
    (SOURCE, LENS, MODEL, SAVE, WINDOW, "Mouse", OFF),
    (UNITS, PICTURE, LOOK, FOOL, PANES),
)
WIDE_FROM = 1230  # points that WIDE takes


class HelpOverlay(QWidget):
    """Covers `parent`; a click closes it."""

    closed = Signal()

    def __init__(self, parent: QWidget, commands: CommandActions) -> None:
        super().__init__(parent)
        self._commands = commands
        self._over = parent
        self.setAccessibleName("Keys")
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setStyleSheet(
            "QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(self._area)
        self._columns: Columns = ()
        self._arrange(WIDE)
        parent.installEventFilter(self)
        self.hide()

    def _arrange(self, columns: Columns) -> None:
        """Lay the groups out, unless they lie so already."""
        if columns == self._columns:
            return
        self._columns = columns
        card = QFrame()
        card.setObjectName("card")
        row = QHBoxLayout(card)
        row.setContentsMargins(20, 16, 20, 18)
        row.setSpacing(26)
        known = [group for groups in columns for group in groups]
        new = [group for group in self._commands.groups if group not in known]
        for groups in (*columns[:-1], (*columns[-1], *new)):
            column = QVBoxLayout()
            column.setSpacing(4)
            for group in groups:
                _add_group(column, group, self._rows(group))
            column.addStretch(1)
            row.addLayout(column)
        middle = QWidget()
        around = QHBoxLayout(middle)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(card, 0, Qt.AlignmentFlag.AlignVCenter)
        around.addStretch(1)
        self._area.setWidget(middle)

    def _rows(self, group: str) -> Sequence[tuple[Sequence[str], str]]:
        if group == "Mouse":
            return MOUSE
        return [(keys_text(one), one.text) for one in self._commands.of_group(group) if one.keys]

    def _cover(self) -> None:
        self.setGeometry(self._over.rect())
        self._arrange(WIDE if self.width() >= WIDE_FROM else NARROW)

    def showEvent(self, event: QEvent) -> None:
        self._cover()
        self.raise_()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(10, 11, 14, 190))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False


def _add_group(column: QVBoxLayout, title: str, rows: Sequence[tuple[Sequence[str], str]]) -> None:
    head = PlainLabel(title)
    head.setObjectName("group")
    column.addWidget(head)
    table = QGridLayout()
    table.setHorizontalSpacing(14)
    table.setVerticalSpacing(4)
    for number, (keys, text) in enumerate(rows):
        caps = QHBoxLayout()
        caps.setSpacing(4)
        for key in keys:
            cap = PlainLabel(key)
            cap.setObjectName("cap")
            caps.addWidget(cap)
        caps.addStretch(1)
        what = PlainLabel(text)
        what.setObjectName("dim")
        table.addLayout(caps, number, 0)
        table.addWidget(what, number, 1)
    table.setColumnStretch(1, 1)
    column.addLayout(table)
