"""How the network fares on the folder: confusion, lists, parts, calibration and the map."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.errors.answers import FoundEffect, Survey
from nnvis.gui.errors.confusion_table import ConfusionTable
from nnvis.gui.errors.map_view import MapView
from nnvis.gui.errors.picked import Picked
from nnvis.gui.errors.reliability import Reliability
from nnvis.gui.widgets.keys import PRESS, KeepKeys
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.gui.widgets.table import PickTable
from nnvis.language import together, tr, verbatim

LISTS = {
    "worst": ("Worst errors", "Least probability of what the pictures show"),
    "unsure": ("Least certain", "The first two classes nearly alike"),
    "labels": ("Labels in doubt", "The network disagrees with confidence: either may be wrong"),
    "copies": ("Near-duplicates", "Pictures that look alike"),
}


class Overview(QTabWidget):
    """Whatever is clicked here becomes the selection."""

    picked = Signal(object)  # Picked
    undone = Signal()  # the network is to be shown as it is

    def __init__(self) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.confusion = ConfusionTable()
        self.now = PlainLabel()
        self.now.setWordWrap(True)
        self.undo = QPushButton(tr("As it is"))
        self.undo.setToolTip(tr("Show the network as it is, with no unit changed"))
        KeepKeys(self.undo, PRESS)
        self.parts = PickTable(
            "Parts of the pictures",
            ("by", "part", "pictures", "accuracy", "95 %", "rest", "p, corrected"),
        )
        self.parts_note = PlainLabel()
        self.parts_note.setWordWrap(True)
        self.reliability = Reliability()
        self.map = MapView()
        self.lists = {name: QPushButton() for name in LISTS}
        for name, button in self.lists.items():
            button.setAccessibleName(f"List: {name}")
        self.cell: tuple[int, int] | None = None  # of the confusion matrix, that is picked
        self.effect: FoundEffect | None = None  # that is shown
        self._survey: Survey | None = None
        self._arrange()
        self.confusion.picked.connect(self.pick_cell)
        self.parts.picked.connect(self._pick_part)
        self.map.brushed.connect(
            lambda rows: self._pick(Picked(f"{len(rows)} pictures of the map", rows))
        )
        for name, button in self.lists.items():
            KeepKeys(button, PRESS)
            button.clicked.connect(lambda _checked=False, name=name: self._pick_list(name))
        self.undo.clicked.connect(self.undone)

    def show_survey(self, survey: Survey) -> None:
        """Show what a pass gave."""
        self._survey, self.cell = survey, None
        run = survey.run
        analysis = run.analysis
        self.show_effect(None)
        for name, (title, tip) in LISTS.items():
            rows, count = survey.lists[name]
            self.lists[name].setText(together(": ", title, _count(len(rows), count)))
            self.lists[name].setToolTip(plain_tip(tip))
            self.lists[name].setEnabled(count > 0)
        slices = analysis.slices
        clear = sum(one.corrected < 0.05 for one in slices)
        self.parts_note.setText(
            f"{len(slices)} parts were compared with the rest; {clear} differ by more than chance "
            "(p below 0.05, corrected for all, Holm)."
            if slices else "No part is large enough to compare."
        )  # fmt: skip
        self.parts.show_rows(
            [
                (verbatim(one.column), verbatim(one.value), f"{len(one.rows):,}",
                 f"{one.accuracy.value:.1%}",
                 f"{one.accuracy.low:.0%} to {one.accuracy.high:.0%}",
                 _percent(one.rest.value), _p(one.corrected))
                for one in slices
            ]
        )  # fmt: skip
        self.reliability.show_calibration(analysis.calibration, survey.calibration)
        self.map.set_pictures(analysis.truths, analysis.right)

    def show_effect(self, found: FoundEffect | None) -> None:
        """Show the confusion with units changed; None: as the network is."""
        self.effect = found
        if self._survey is None:
            return
        analysis = self._survey.run.analysis
        names = [self._survey.run.class_names[one] for one in analysis.classes]
        counts = analysis.confusion if found is None else found.confusion
        self.confusion.show_counts(counts, names)
        if self.cell is not None:
            self.confusion.mark(*self.cell)
        self.now.setText(
            "Rows: what the pictures show. Columns: what the network says. Click a cell."
            if found is None else f"With units changed: {found.effect.accuracy:.1%} right."
        )  # fmt: skip
        self.undo.setVisible(found is not None)

    def pick_worst_cell(self) -> None:
        """Pick the pictures of the most frequent confusion, if there is any."""
        if self._survey is None:
            return
        table = self._survey.run.analysis.confusion.copy()
        np.fill_diagonal(table, 0)
        if table.any():
            row, column = np.unravel_index(int(table.argmax()), table.shape)
            self.pick_cell(int(row), int(column))

    def pick_cell(self, row: int, column: int) -> None:
        """Pick the pictures of a cell of the confusion matrix as it is shown."""
        if self._survey is None:
            return
        run, found = self._survey.run, self.effect
        analysis = run.analysis
        said = analysis.said if found is None else found.effect.said
        classes = np.array(analysis.classes)
        inside, name = analysis.truths == classes[row], run.class_names[classes[row]]
        if column < len(classes):
            inside = inside & (said == classes[column])
            title = f"{name} called {run.class_names[classes[column]]}"
        else:
            inside = inside & ~np.isin(said, classes)
            title = f"{name} called another class"
        rows = np.flatnonzero(inside)
        if len(rows):
            if found is not None:
                title = f"{title} with units changed"
            self._pick(Picked(title, rows, changed=found), (row, column))
        else:
            self.show_effect(found)  # the frame stays with the pictures that are shown

    def forget_place(self) -> None:
        """Mark no place here: what is picked is none, as the pictures marked by hand."""
        self.cell = None
        self.map.plot.unmark()

    def _pick(self, picked: Picked, cell: tuple[int, int] | None = None) -> None:
        self.forget_place()  # a rectangle of the map is drawn after this
        self.cell = cell
        self.picked.emit(picked)

    def _pick_part(self, place: int) -> None:
        if self._survey is not None:
            one = self._survey.run.analysis.slices[place]
            self._pick(Picked(f"{one.column}: {one.value}", one.rows))

    def _pick_list(self, name: str) -> None:
        if self._survey is None:
            return
        rows, count = self._survey.lists[name]
        title = LISTS[name][0] + (f", {_count(len(rows), count)}" if len(rows) < count else "")
        self._pick(Picked(title, rows))

    def _arrange(self) -> None:
        first = QWidget()
        column = QVBoxLayout(first)
        top = QHBoxLayout()
        top.addWidget(self.now, 1)
        top.addWidget(self.undo)
        column.addLayout(top)
        column.addWidget(self.confusion, 1)
        half = list(self.lists.values())
        for pair in (half[:2], half[2:]):
            row = QHBoxLayout()
            for button in pair:
                row.addWidget(button, 1)
            column.addLayout(row)
        parts = QWidget()
        below = QVBoxLayout(parts)
        below.addWidget(self.parts_note)
        below.addWidget(self.parts, 1)
        for page, title in (
            (first, "Confusion"), (parts, "Parts"), (self.reliability, "Calibration"),
            (self.map, "Map"),
        ):  # fmt: skip
            self.addTab(page, tr(title))


def _count(shown: int, count: int) -> str:
    return f"{shown:,} of {count:,}" if shown < count else f"{count:,}"


def _percent(value: float) -> str:
    return f"{value:.1%}" if math.isfinite(value) else "none"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.2g}"
