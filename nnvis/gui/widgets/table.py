"""Tables: a few rows of numbers under their heads, and rows of texts that can be clicked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr


class Table(QWidget):
    """The first column is a name, cut where there is no room; `right` columns of numbers follow."""

    def __init__(self, name: str, right: int) -> None:
        super().__init__()
        self.setAccessibleName(tr(name))
        self._columns = right + 1
        self._cells: list[list[QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)

    @property
    def texts(self) -> list[list[str]]:
        """What is written, row by row, the heads first."""
        return [[cell.text() for cell in row] for row in self._cells if not row[0].isHidden()]

    def show_rows(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        tip: str = "",
        marked: Collection[int] = (),
    ) -> None:
        """Write the rows; those `marked` differ from what they should be."""
        self.setToolTip(plain_tip(tip))
        lines = [heads, *rows]
        while len(self._cells) < len(lines):
            self._cells.append(self._row(len(self._cells)))
        for place, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                cell.setVisible(place < len(lines))
                if place >= len(lines):
                    continue
                text = lines[place][column]
                cell.say(text) if isinstance(cell, ElidedLabel) else cell.setText(text)
                warned = place - 1 in marked and column > 0
                cell.setStyleSheet(f"color: {theme.WARN.name()};" if warned else "")

    def forget(self) -> None:
        """Keep the room, and write nothing in it."""
        for cells in self._cells[1:]:
            for cell in cells[1:]:
                cell.setText("…")
                cell.setStyleSheet("")

    def _row(self, place: int) -> list[QLabel]:
        cells: list[QLabel] = [ElidedLabel(Qt.TextElideMode.ElideRight)]
        cells += [PlainLabel() for _ in range(self._columns - 1)]
        for column, cell in enumerate(cells):
            if place == 0:
                cell.setObjectName("dim")
            if column:
                cell.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(cell, place, column)
        return cells


class PickTable(QTableWidget):
    """Tells the row that is clicked, or chosen with the arrow keys."""

    picked = Signal(int)

    def __init__(
        self, name: str, heads: Sequence[str] | Mapping[str, str], *, several: bool = False
    ) -> None:
        """Name the columns by `heads`, with what each is in its tool tip where that is given."""
        super().__init__(0, len(heads))
        self.setAccessibleName(tr(name))
        for place, head in enumerate(heads):
            item = QTableWidgetItem(tr(head))
            if isinstance(heads, Mapping):
                item.setToolTip(plain_tip(heads[head]))
            side = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)  # as the texts below
            self.setHorizontalHeaderItem(place, item)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setHighlightSections(False)  # bold words would have no room
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.itemSelectionChanged.connect(self._tell)

    def show_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Write the rows; none is chosen."""
        self.blockSignals(True)
        self.clearSelection()
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(tr(text))
                item.setToolTip(plain_tip(text))
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.setItem(place, column, item)
        self.blockSignals(False)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Give the first column what the others leave, and what its texts need at least."""
        header = self.horizontalHeader()
        others = sum(
            max(self.sizeHintForColumn(one), header.sectionSizeHint(one))
            for one in range(1, self.columnCount())
        )
        own = max(self.sizeHintForColumn(0), header.sectionSizeHint(0))
        self.setColumnWidth(0, max(own, self.viewport().width() - others))

    def renew(self, rows: Sequence[Sequence[str]]) -> None:
        """Write the texts that changed; what is chosen stays chosen."""
        if self.rowCount() != len(rows):
            self.show_rows(rows)
            return
        for place, row in enumerate(rows):
            for column, text in enumerate(row):
                item = self.item(place, column)
                if item is not None and item.text() != tr(text):
                    item.setText(tr(text))
                    item.setToolTip(plain_tip(text))

    def chosen(self) -> list[int]:
        """Return the rows that are marked."""
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def _tell(self) -> None:
        rows = self.chosen()
        if rows:
            self.picked.emit(rows[0])
