"""How far the attack reaches: four questions about the frame and its attacked picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.protocol.attack_results import PrintRobustness, SmallestFound, TransformRobustness
from nnvis.gui.attack.questions import AROUND, QUESTIONS, SMALLEST, SURVIVAL
from nnvis.gui.attack.surroundings import SurroundingsPlot
from nnvis.gui.attack.text import ARROW, NORMS, percent, said, size_text
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.elided_label import ElidedLabel, TwoLines
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr, verbatim
from nnvis.progress import Progress

if TYPE_CHECKING:
    from nnvis.attacks.findings import Survival


class RobustnessPage(QWidget):
    """A result says of which frame it is; it goes when model, source or aim are others."""

    asked = Signal(str)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[str, QPushButton] = {}
        self.lines: dict[str, QLabel] = {}
        self.of: dict[str, TwoLines] = {}
        self.task = ElidedLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedHeight(4)
        self.cancel = QPushButton(tr("Cancel"))
        KeepKeys(self.cancel, PRESS)
        self.busy = QWidget()
        work = QHBoxLayout(self.busy)
        work.setContentsMargins(0, 0, 0, 0)
        column = vbox(self.task, self.bar, gap=4)
        work.addLayout(column, 1)
        work.addWidget(self.cancel)
        self.busy.hide()
        self.table = QWidget()
        self._rows = QGridLayout(self.table)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setHorizontalSpacing(10)
        self._rows.setVerticalSpacing(2)
        self._rows.setColumnStretch(2, 1)
        self.table.hide()
        self.around = SurroundingsPlot()
        self.around.hide()
        layout = vbox(self.busy, gap=6, edge=(0, 0, 6, 0), of=self)
        extra = {SURVIVAL: self.table, AROUND: self.around}
        for kind, (text, tip) in QUESTIONS.items():
            layout.addLayout(self._question(kind, text, tip))
            if kind in extra:
                layout.addWidget(extra[kind])
        layout.addStretch(1)
        self.cancel.clicked.connect(self.cancelled)

    def show_progress(self, kind: str, progress: Progress) -> None:
        """Show how far a question is."""
        if kind not in QUESTIONS:
            return
        self.busy.show()
        self.task.say(f"{QUESTIONS[kind][0]}: {progress.note}")
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)

    def end(self) -> None:
        """Nothing is being worked on any more."""
        self.busy.hide()

    def show_result(self, kind: str, result: Any, of: str) -> None:
        """Show what was found out about the frame that `of` names."""
        if kind not in QUESTIONS:
            return
        self.of[kind].say(of)
        if kind == AROUND:
            self.around.show_result(result)
            self.around.show()
        elif kind == SURVIVAL:
            self._show_survival(result)
        else:
            text = _smallest(result) if kind == SMALLEST else _printed(result)
            self.lines[kind].setText(text)
            self.lines[kind].show()

    def forget(self) -> None:
        """Take every result away: it is of another model, source or aim."""
        for kind, label in self.of.items():
            label.say(QUESTIONS[kind][1])
        for line in self.lines.values():
            line.hide()
        self.table.hide()
        self.around.hide()

    def _question(self, kind: str, text: str, tip: str) -> QVBoxLayout:
        button = QPushButton(tr(text))
        button.setToolTip(plain_tip(tip))
        button.setMinimumWidth(130)
        KeepKeys(button, PRESS)
        button.clicked.connect(lambda: self.asked.emit(kind))
        of, line = TwoLines(kind="dim"), PlainLabel()  # what it asks, then of which frame
        of.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        of.say(tip)
        line.setWordWrap(True)
        line.hide()
        self.buttons[kind], self.of[kind], self.lines[kind] = button, of, line
        row = hbox(button, (of, 1), gap=10)
        return vbox(row, line, gap=3)

    def _show_survival(self, result: TransformRobustness) -> None:
        while (old := self._rows.takeAt(0)) is not None:
            widget = old.widget()
            if widget is not None:
                widget.deleteLater()
        for row, one in enumerate(result.rows):
            verdict, colour, tip = _fate(one)
            word = PlainLabel(verdict)
            word.setStyleSheet(f"color: {colour.name()};")
            word.setToolTip(plain_tip(tip))
            says = ElidedLabel()
            says.say(verbatim(f"{result.names.get(one.top, '')} {percent(one.probability)}"))
            name = PlainLabel(one.treatment, kind="dim")
            for place, part in enumerate((name, word, says)):
                self._rows.addWidget(part, row, place)
        self.table.show()


def _fate(one: Survival) -> tuple[str, QColor, str]:
    if not one.clean_holds:
        return "unclear", theme.WARN, "the clean picture is not taken for what it was either"
    if one.fooled:
        return "fooled", theme.BAD, "the network is still fooled"
    return "undone", theme.GOOD, "the network is no longer fooled"


def _smallest(found: SmallestFound) -> str:
    norm = NORMS[found.norm]
    if found.eps is None or found.top is None:
        largest = f"no change up to {norm} {size_text(found.largest, found.norm)} was found"
        return f"{largest}; {found.warning}" if found.warning else largest
    size = f"{found.eps:.2f}" if found.norm == "l2" else size_text(found.eps, found.norm)
    return f"{norm} {size} is enough {ARROW} {said(found.top)}"


def _printed(found: PrintRobustness) -> str:
    size = size_text(found.eps, "linf")
    return (
        f"Fooled in {percent(found.shown)} of random views. A change made for it "
        f"(L∞ {size}, {ARROW} {said(found.top)}): {percent(found.made)}."
    )
