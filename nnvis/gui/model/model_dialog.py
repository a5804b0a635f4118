"""Asks for a model: by a word of its name, or as it is written on the command line."""

from __future__ import annotations

from PySide6.QtCore import QSortFilterProxyModel, QStringListModel, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.models.info import ModelRequest
from nnvis.models.trusted_code import runs_code


class ModelDialog(QDialog):
    """The names are those of the installed libraries; Python code is named as such."""

    chosen = Signal(object)  # ModelRequest

    def __init__(self, parent: QWidget, names: BackgroundTask, now: ModelRequest) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose a model")
        self.resize(560, 520)
        self._now = now
        self.text = QLineEdit(
            placeholderText="Search torchvision and timm, or package.module:factory"
        )
        self.text.setAccessibleName("Model")
        self.text.setClearButtonEnabled(True)
        self._names = QStringListModel(self)
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self._names)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.list = QListView()
        self.list.setModel(self._found)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName("Models found")
        self.note = PlainLabel("reading the names…")
        self.note.setObjectName("dim")
        self.note.setWordWrap(True)
        self.random = QCheckBox("random weights (nothing is downloaded)")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._load = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._load.setText("Load")
        self._load.setObjectName("primary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(10)
        for widget in (self.text, self.list, self.note, self.random, buttons):
            layout.addWidget(widget)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.text.textChanged.connect(self._search)
        self.list.selectionModel().currentChanged.connect(self._tell)
        self.list.doubleClicked.connect(self.accept)
        self.accepted.connect(self._choose)
        names.answered.connect(self._fill)
        names.start()
        self._tell()

    @property
    def spec(self) -> str:
        """The model that would be loaded: the line picked in the list, else the text."""
        picked = self.list.currentIndex()
        typed = self.text.text().strip()
        if picked.isValid() and not runs_code(typed):
            return str(picked.data())
        return typed if runs_code(typed) or typed in self._names.stringList() else ""

    def _fill(self, names: list[str]) -> None:
        self._names.setStringList(names)
        self._search()

    def _search(self) -> None:
        words = self.text.text().split()
        pattern = "".join(f"(?=.*{_escaped(word)})" for word in words)
        self._found.setFilterRegularExpression(pattern)
        if words and self._found.rowCount():
            self.list.setCurrentIndex(self._found.index(0, 0))
        self._tell()

    def _tell(self) -> None:
        count, spec = self._found.rowCount(), self.spec
        if runs_code(self.text.text()):
            self.note.setText(f"Loading runs the Python code {spec}. Load it only if you trust it.")
            self._load.setText("Run this code")
        else:
            known = bool(self._names.stringList())
            self.note.setText(f"{count:,} models" if known else "reading the names…")
            self._load.setText("Load")
        self._load.setEnabled(bool(spec))

    def _choose(self) -> None:
        if self.spec:
            random = self.random.isChecked()
            device = self._now.device
            self.chosen.emit(ModelRequest(self.spec, device=device, random_weights=random))


def _escaped(word: str) -> str:
    return "".join(letter if letter.isalnum() else "\\" + letter for letter in word)
