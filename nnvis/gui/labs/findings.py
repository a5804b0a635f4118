"""What a lab has found: two sentences, what was expected of it, and the paper's numbers beside."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.labs.framework.outcome import LabOutcome
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.statistics import mean_sd

HEAD = ("measured", "here, over seeds", "in the paper")


class FindingsView(QWidget):
    """Empty until a run has come to its end; `seen` is placed by whoever owns this."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = PlainLabel()
        self.seen.setWordWrap(True)
        self.seen.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.seen.setStyleSheet(
            f"background: {theme.RAISED.name()}; border: 1px solid {theme.LINE.name()};"
            "border-radius: 8px; padding: 10px 12px;"
        )
        self.seen.hide()
        self._outcome: LabOutcome | None = None
        self._body: QWidget | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def show_record(self, record: Record | None) -> None:
        """Show the outcome of `record`."""
        outcome = record.outcome if record is not None else None
        if outcome is self._outcome:
            return
        self._outcome = outcome
        self.seen.setVisible(outcome is not None)
        if self._body is not None:
            self._layout.removeWidget(self._body)
            self._body.deleteLater()
            self._body = None
        if outcome is not None:
            self.seen.setText(outcome.seen)
            self._body = _body(outcome)
            self._layout.addWidget(self._body)


def _body(outcome: LabOutcome) -> QWidget:
    body = QFrame()
    layout = QVBoxLayout(body)
    layout.setContentsMargins(0, 6, 0, 0)
    layout.setSpacing(6)
    for finding in outcome.findings:
        colour = theme.GOOD if finding.held else theme.WARN
        mark = "✓" if finding.held else "✗"
        sign, line = PlainLabel(mark), PlainLabel()
        sign.setStyleSheet(f"color: {colour.name()}; font-weight: 600;")
        line.setTextFormat(Qt.TextFormat.PlainText)
        line.setText(f"{finding.expected} - {finding.mark}: {finding.measured}")
        line.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(line, 1)
        layout.addLayout(row)
    table = QGridLayout()
    table.setContentsMargins(0, 8, 0, 0)
    table.setHorizontalSpacing(18)
    table.setVerticalSpacing(3)
    table.setColumnStretch(0, 3)
    table.setColumnStretch(2, 2)
    rows = [HEAD] + [(m.title, mean_sd(m.values, m.unit, 2), m.paper) for m in outcome.measures]
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            label = PlainLabel(cell)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(column != 1)
            if number == 0:
                label.setObjectName("section")
            elif column == 2:
                label.setObjectName("dim")
            table.addWidget(label, number, column)
    layout.addLayout(table)
    return body
