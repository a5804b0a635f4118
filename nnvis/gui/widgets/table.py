"""A few rows of numbers under their heads."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

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
