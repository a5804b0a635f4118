"""The forms before a survey: which classes are meant by labels, and whether there are any."""

from __future__ import annotations

from difflib import SequenceMatcher

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from nnvis.engine.errors.answers import Guessed, Unmatched
from nnvis.gui.widgets.controls import scrolled, suggestions
from nnvis.gui.widgets.plain_text import PlainBox, PlainLabel
from nnvis.language import tr, verbatim

MOST = 200  # rows; a folder with more strange labels is of another task
LEAVE_OUT = "(leave these out)"
ALIKE = 0.8  # from here on another spelling: "cups" of cup, but not "coin" of corn


class LabelForm(QDialog):
    """A row for each label; it can be left while any is without a class."""

    chosen = Signal(object)  # {label: number of the class as text, or "": left out}

    def __init__(self, parent: QWidget, asked: Unmatched) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Which classes are meant?"))
        self._asked = asked
        told = PlainLabel(
            f"{len(asked.lost)} labels fit none of the network's {len(asked.class_names)} classes. "
            "Say which class each one means, or leave its pictures out; nothing is counted before "
            "that."
        )
        told.setWordWrap(True)
        self.boxes: dict[str, QComboBox] = {}
        rows = QWidget()
        form = QFormLayout(rows)
        for label in asked.lost[:MOST]:
            box = QComboBox()
            box.setEditable(True)
            box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            box.addItems([LEAVE_OUT, *asked.class_names])
            box.setCurrentIndex(self._likely(label))
            box.setAccessibleName(tr(f"Class of {label}"))
            edit = box.lineEdit()
            assert edit is not None
            edit.setPlaceholderText(tr("Choose a class"))
            completer = suggestions(box.model(), box)
            box.setCompleter(completer)
            box.currentTextChanged.connect(self._check)
            form.addRow(PlainLabel(verbatim(label)), box)
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
        """Return the class of each label, by its number, ""; None while one is missing."""
        names = (LEAVE_OUT, *self._asked.class_names)
        places = {name: at for at, name in reversed(list(enumerate(names)))}
        found = {}
        for label, box in self.boxes.items():
            text = box.currentText().strip()
            at = box.currentIndex()
            place = at if at >= 0 and names[at] == text else places.get(text)
            if place is None:
                return None
            found[label] = str(place - 1) if place else ""
        return found if len(found) == len(self._asked.lost) else None

    def _likely(self, label: str) -> int:
        near = self._asked.nearest.get(label)
        if near is None or SequenceMatcher(None, label.casefold(), near).ratio() < ALIKE:
            return -1  # taken unread, it would make errors of right answers
        plain = [" ".join(one.replace("_", " ").casefold().split())
                 for one in self._asked.class_names]  # fmt: skip
        return plain.index(near) + 1 if near in plain else -1

    def _check(self, *_: object) -> None:
        ready = self.meant() is not None
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(ready)

    def _accept(self) -> None:
        meant = self.meant()
        if meant is not None:
            self.chosen.emit(meant)
            self.accept()


class ClassesQuestion(PlainBox):
    """Asks whether outputs are classes, where nothing else says it."""

    agreed = Signal()

    def __init__(self, parent: QWidget, asked: Guessed) -> None:
        super().__init__(parent, "Are they classes?", f"{asked.line}.")
        self.yes = self.addButton(tr("They are classes"), QMessageBox.ButtonRole.AcceptRole)
        self.addButton(QMessageBox.StandardButton.Cancel)
        self.yes.clicked.connect(self.agreed)
