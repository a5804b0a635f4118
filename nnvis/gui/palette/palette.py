"""A line over the window: a few letters find any command, layer, unit, class, source or model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from nnvis.gui.palette.entry import Entry, best
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.keys import FocusBefore
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

WIDTH = 560
ROWS = 12  # in sight at a time
ENTRY = Qt.ItemDataRole.UserRole


class CommandPalette(QFrame):
    """Lies over `parent`; Enter or a click does what is chosen, Esc and a click beside it close."""

    def __init__(self, parent: QWidget, entries: Callable[[str], Sequence[Entry]]) -> None:
        """`entries` returns all that can be found now; it is given what is typed."""
        super().__init__(parent)
        self._over, self._entries = parent, entries
        self._before = FocusBefore()
        self.setObjectName("palette")
        self.setAccessibleName(tr("Find anything"))
        self.line = QLineEdit(
            placeholderText=tr("A command, layer, class, source, model, lab or page")
        )
        self.line.setAccessibleName(tr("What to find"))
        self.list = QListView()
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Line(self.list))
        self.list.setAccessibleName(tr("Found"))
        self._found = _Found(self)
        self.list.setModel(self._found)
        self.none = PlainLabel("Nothing has this name", kind="dim")
        self.none.setContentsMargins(10, 4, 10, 8)
        vbox(self.line, self.list, self.none, gap=6, edge=(8, 8, 8, 8), of=self)
        self.line.textChanged.connect(self._look)
        self.line.installEventFilter(self)
        self.list.clicked.connect(self._take)
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Take the keys, empty."""
        if not self.isVisible():
            self._before.note()
        self.line.clear()
        self._look()
        self.show()
        self.raise_()
        self.line.setFocus()

    def close_again(self) -> None:
        """Give the keys back to where they were."""
        had = self.isVisible()
        self.hide()
        if had:
            self._before.give_back()

    def refresh(self) -> None:
        """Look again: there is more to be found now."""
        if self.isVisible():
            self._look()

    def _look(self) -> None:
        text = self.line.text()
        self._found.show_entries(best(self._entries(text), text))
        self.list.setCurrentIndex(self._found.index(0, 0))
        any_ = self._found.rowCount() > 0
        self.list.setVisible(any_)
        self.none.setVisible(not any_)
        self._place()

    def _place(self) -> None:
        room = self._over.rect()
        row = max(1, self.list.sizeHintForRow(0))
        rows = min(ROWS, self._found.rowCount(), max(1, (room.height() - 120) // row))
        self.list.setFixedHeight(rows * row + 2)
        width = min(WIDTH, room.width() - 24)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((room.width() - width) // 2, min(48, room.height() // 10))

    def _take(self, index: QModelIndex) -> None:
        entry = index.data(ENTRY)
        if entry is not None:
            self.close_again()
            entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and self.isVisible():
            if event.type() == QEvent.Type.Resize:
                self._place()
            elif event.type() == QEvent.Type.MouseButtonPress:
                self.close_again()
        if watched is self.line:
            if event.type() == QEvent.Type.FocusOut and self.isVisible():
                self.hide()
            if isinstance(event, QKeyEvent):
                return self._key(event)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: ROWS,
            Qt.Key.Key_PageUp: -ROWS,
        }
        key = event.key()
        mine = key in (*steps, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.type() == QEvent.Type.ShortcutOverride:
            control = event.modifiers() & ~(
                Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
            )
            if mine or not control.value:  # letters are for the line, not for the window
                event.accept()
                return True
            return False
        if event.type() != QEvent.Type.KeyPress or not mine:
            return False
        if key == Qt.Key.Key_Escape:
            self.close_again()
        elif step := steps.get(Qt.Key(key)):
            last = self._found.rowCount() - 1
            row = min(max(0, self.list.currentIndex().row() + step), last)
            self.list.setCurrentIndex(self._found.index(row, 0))
        else:
            self._take(self.list.currentIndex())
        return True


class _Found(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._shown: list[Entry] = []

    def show_entries(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self._shown = entries
        self.endResetModel()

    def rowCount(self, _parent: Any = None) -> int:
        return len(self._shown)

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self._shown):
            return None
        entry = self._shown[index.row()]
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.kind}: {entry.text} {entry.key}".strip()
        return None


class _Line(QStyledItemDelegate):
    """The name, then its key or what it is."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Any) -> QSize:
        return QSize(100, option.fontMetrics.height() + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        entry = index.data(ENTRY)
        if entry is None:
            return
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme.RAISED)
        room = QRect(option.rect).adjusted(10, 0, -10, 0)
        metrics, right = option.fontMetrics, entry.key or entry.kind
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.DIM)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, right)
        room.setRight(room.right() - metrics.horizontalAdvance(right) - 14)
        painter.setPen(theme.TEXT)
        text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()
