"""A table of texts whose rows can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr


class PickTable(QTableWidget):
    """Tells the row that is clicked, or chosen with the arrow keys."""

    picked = Signal(int)

    def __init__(self, name: str, heads: Sequence[str], *, several: bool = False) -> None:
        super().__init__(0, len(heads))
        self.setAccessibleName(tr(name))
        self.setHorizontalHeaderLabels([tr(one) for one in heads])
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.itemSelectionChanged.connect(self._tell)

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Write the rows; none is chosen."""
        self.blockSignals(True)
        self.clearSelection()
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.setItem(place, column, item)
        self.blockSignals(False)

    def renew(self, rows: Sequence[Sequence[str]]) -> None:
        """Write the texts that changed; what is chosen stays chosen."""
        if self.rowCount() != len(rows):
            self.show_rows(rows)
            return
        for place, row in enumerate(rows):
            for column, text in enumerate(row):
                item = self.item(place, column)
                if item is not None and item.text() != text:
                    item.setText(text)
                    item.setToolTip(plain_tip(text))

    def chosen(self) -> list[int]:
        """Return the rows that are marked."""
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def _tell(self) -> None:
        rows = self.chosen()
        if rows:
            self.picked.emit(rows[0])
