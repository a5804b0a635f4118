"""The confusion matrix: rows are what the pictures show, columns what the network says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr, verbatim

Index = QModelIndex | QPersistentModelIndex
ROLE = Qt.ItemDataRole
_CELL = 46


class _Counts(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.counts = np.zeros((0, 0), np.int64)
        self.names: tuple[str, ...] = ()

    def take(self, counts: NDArray[np.int64], names: Sequence[str]) -> None:
        self.beginResetModel()
        self.counts, self.names = counts, tuple(names)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.names)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self.names) + 1 if self.names else 0

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole
    ) -> Any:
        name = self.names[section] if section < len(self.names) else tr("another")
        if role == ROLE.ToolTipRole:
            return plain_tip(verbatim(name))
        return name if role == ROLE.DisplayRole else None

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        count = int(self.counts[row, column])
        if role == ROLE.DisplayRole:
            return str(count) if count else ""
        if role == ROLE.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role == ROLE.BackgroundRole and count:
            share = count / max(1, int(self.counts[row].sum()))
            colour = QColor(theme.GOOD if row == column else theme.BAD)
            colour.setAlphaF(min(1.0, 0.12 + 0.6 * share))
            return colour
        if role == ROLE.ToolTipRole:
            said = self.headerData(column, Qt.Orientation.Horizontal)
            return plain_tip(f"{count} pictures of {self.names[row]} were called {said}")
        return None


class _Framed(QStyledItemDelegate):
    """Draws a frame round the picked cell, whose colour tells of its count."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.save()
            painter.setPen(QPen(QColor(theme.ACCENT), 2))
            painter.drawRect(option.rect.adjusted(1, 1, -1, -1))
            painter.restore()


class ConfusionTable(QTableView):
    """A click, or Enter, on a cell picks its pictures."""

    picked = Signal(int, int)  # row and column of the table

    def __init__(self) -> None:
        super().__init__()
        self._counts = _Counts()
        self.setModel(self._counts)
        self.setItemDelegate(_Framed(self))
        self.setAccessibleName(tr("Confusion matrix"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setMinimumSectionSize(_CELL)
        self.verticalHeader().setDefaultSectionSize(30)
        self.verticalHeader().setMaximumWidth(150)
        self.clicked.connect(lambda index: self.picked.emit(index.row(), index.column()))
        self.activated.connect(lambda index: self.picked.emit(index.row(), index.column()))

    def show_counts(self, counts: NDArray[np.int64], names: Sequence[str]) -> None:
        """Show (len(names) + 1) squared counts; the last column is of any other class."""
        self._counts.take(counts, names)
        others = self._counts.columnCount() - 1
        self.setColumnHidden(others, not counts[:, -1].any())  # the folder has all its classes
        self._fit()

    def mark(self, row: int, column: int) -> None:
        """Show which cell is picked."""
        self.setCurrentIndex(self._counts.index(row, column))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Let all columns be seen without scrolling, as far as each has room for its number."""
        shown = self._counts.columnCount() - self.horizontalHeader().hiddenSectionCount()
        each = self.viewport().width() // max(1, shown)
        self.horizontalHeader().setDefaultSectionSize(max(_CELL, min(2 * _CELL, each)))
