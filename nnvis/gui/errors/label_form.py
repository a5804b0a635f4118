"""The form where labels of a folder fit none of the network's classes: which are meant?"""

from __future__ import annotations

from difflib import SequenceMatcher

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.errors.answers import Unmatched
from nnvis.gui.widgets.controls import scrolled
from nnvis.gui.widgets.plain_text import PlainLabel

MOST = 200  # rows; a folder with more strange labels is of another task
ALIKE = 0.8  # from here on another spelling: "cups" of cup, but not "coin" of corn


class LabelForm(QDialog):
    """A row for each label; it can be left while any is without a class."""

    chosen = Signal(object)  # {label: number of the class as text}

    def __init__(self, parent: QWidget, asked: Unmatched) -> None:
        super().__init__(parent)
        self.setWindowTitle("Which classes are meant?")
        self._asked = asked
        told = PlainLabel(
            f"{len(asked.lost)} labels fit none of the network's {len(asked.class_names)} classes. "
            "Say which class each one means; nothing is counted before that."
        )
        told.setWordWrap(True)
        self.boxes: dict[str, QComboBox] = {}
        rows = QWidget()
        form = QFormLayout(rows)
        for label in asked.lost[:MOST]:
            box = QComboBox()
            box.setEditable(True)
            box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            box.addItems(asked.class_names)
            box.setCurrentIndex(self._likely(label))
            box.setAccessibleName(f"Class of {label}")
            edit = box.lineEdit()
            assert edit is not None
            edit.setPlaceholderText("Choose a class")
            completer = QCompleter(box.model(), box)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            box.setCompleter(completer)
            box.currentTextChanged.connect(self._check)
            form.addRow(PlainLabel(label), box)
            self.boxes[label] = box
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(told)
        layout.addWidget(scrolled(rows), 1)
        layout.addWidget(self.buttons)
        self.resize(480, min(620, 190 + 36 * len(self.boxes)))
        self._check()

    def meant(self) -> dict[str, str] | None:
        """Return the class of each label, by its number; None while one is missing."""
        names = self._asked.class_names
        places = {name: str(at) for at, name in reversed(list(enumerate(names)))}
        found = {}
        for label, box in self.boxes.items():
            text = box.currentText().strip()
            at = box.currentIndex()
            number = str(at) if at >= 0 and names[at] == text else places.get(text)
            if number is None:
                return None
            found[label] = number
        return found if len(found) == len(self._asked.lost) else None

    def _likely(self, label: str) -> int:
        near = self._asked.nearest.get(label)
        if near is None or SequenceMatcher(None, label.casefold(), near).ratio() < ALIKE:
            return -1  # taken unread, it would make errors of right answers
        plain = [" ".join(one.replace("_", " ").casefold().split())
                 for one in self._asked.class_names]  # fmt: skip
        return plain.index(near) if near in plain else -1

    def _check(self, *_: object) -> None:
        ready = self.meant() is not None
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(ready)

    def _accept(self) -> None:
        meant = self.meant()
        if meant is not None:
            self.chosen.emit(meant)
            self.accept()
