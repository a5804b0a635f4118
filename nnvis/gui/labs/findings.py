"""What a lab has found: the verdict, two sentences, finding by finding, and all numbers folded."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from nnvis.gui.labs.fold import Fold
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.labs.framework.outcome import Finding, LabOutcome
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.statistics import table_cell
from nnvis.language import together, verbatim

HEAD = ("measured", "here, over seeds", "in the paper")


class FindingsView(QWidget):
    """Empty until a run has come to its end; whoever owns this places `verdict` and `seen`."""

    def __init__(self) -> None:
        super().__init__()
        self.verdict = PlainLabel(wraps=True)
        self.verdict.hide()
        self.seen = PlainLabel(wraps=True)
        self.seen.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.seen.setObjectName("finding")
        self.seen.hide()
        self._outcome: LabOutcome | None = None
        self._body: QWidget | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def say_again(self) -> None:
        """Say it all in the language in use."""
        self._outcome, outcome = None, self._outcome
        self._show(outcome)

    def show_record(self, record: Record | None) -> None:
        """Show the outcome of `record`."""
        self._show(record.outcome if record is not None else None)

    def _show(self, outcome: LabOutcome | None) -> None:
        if outcome is self._outcome:
            return
        self._outcome = outcome
        self.seen.setVisible(outcome is not None)
        self.verdict.setVisible(outcome is not None and bool(outcome.findings))
        if self._body is not None:
            self._layout.removeWidget(self._body)
            self._body.deleteLater()
            self._body = None
        if outcome is not None:
            self.seen.setText(outcome.seen)
            for first in outcome.findings[:1]:
                told = together(" - ", first.expected, first.mark)
                self.verdict.setText(verbatim(f"{_sign(first)} {told}"))
                self.verdict.setStyleSheet(f"color: {_colour(first)}; font-weight: 600;")
            self._body = _body(outcome)
            self._layout.addWidget(self._body)


def _body(outcome: LabOutcome) -> QWidget:
    body = QFrame()
    layout = QVBoxLayout(body)
    layout.setContentsMargins(0, 6, 0, 0)
    layout.setSpacing(6)
    for finding in outcome.findings:
        sign = PlainLabel(_sign(finding))
        sign.setStyleSheet(f"color: {_colour(finding)}; font-weight: 600;")
        found = together(": ", finding.mark, finding.measured)
        lines = vbox(PlainLabel(together(" - ", finding.expected, found), wraps=True), gap=1)
        if finding.paper:
            lines.addWidget(
                PlainLabel(together(": ", "The paper", finding.paper), kind="dim", wraps=True)
            )
        layout.addLayout(hbox((sign, 0, Qt.AlignmentFlag.AlignTop), (lines, 1), gap=8))
    numbers = QWidget()
    table = QGridLayout(numbers)
    table.setContentsMargins(0, 0, 0, 0)
    table.setHorizontalSpacing(18)
    table.setVerticalSpacing(3)
    table.setColumnStretch(0, 3)
    table.setColumnStretch(2, 2)
    rows = [HEAD] + [
        (one.title, table_cell(one.values, one.unit), one.paper) for one in outcome.measures
    ]
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            kind = "section" if number == 0 else "dim" if column == 2 else ""
            table.addWidget(PlainLabel(cell, kind=kind, wraps=column != 1), number, column)
    layout.addWidget(Fold(f"All {len(outcome.measures)} numbers", numbers))
    return body


def _sign(finding: Finding) -> str:
    return "✓" if finding.held else "✗"


def _colour(finding: Finding) -> str:
    return (theme.GOOD if finding.held else theme.WARN).name()
