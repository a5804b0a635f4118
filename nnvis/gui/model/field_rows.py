"""One row of the model's form for each kind of field: its name, its place, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QObject,
    QSortFilterProxyModel,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QWidget,
)

from nnvis.gui.widgets.controls import dressed, menu_button, offer
from nnvis.gui.widgets.given_files import ask_file, ask_folder
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import Verbatim, together, tr, verbatim
from nnvis.models.asked.asked_field import AskedField

SHOWN = 12  # names that the list under a line has at a time


class FieldRow(QObject):
    """`edit` holds `text`; what is wrong with it stands below."""

    changed = Signal()
    align = Qt.AlignmentFlag(0)  # of `edit` in its place: all of it

    def __init__(self, field: AskedField, edit: QWidget) -> None:
        super().__init__()
        self.changed.connect(lambda: self.refuse(""))
        self.field, self.edit = field, edit
        self.label = PlainLabel("" if field.kind == "switch" else field.label)
        self.label.setBuddy(edit)
        self.error = PlainLabel(kind="bad", wraps=True)
        self.error.hide()
        edit.setAccessibleName(tr(field.label))
        edit.setToolTip(plain_tip(field.help))

    @property
    def text(self) -> str:
        """What is filled in, as it would be typed."""
        raise NotImplementedError

    @property
    def value(self) -> Any:
        """What that means.

        Raises:
            UserError: nothing.
        """
        return self.field.read(self.text)

    def fill(self, value: Any) -> None:
        """Show `value`."""
        raise NotImplementedError

    def tell(self, known: str) -> None:
        """Say what is taken where nothing is filled in; `known`: what that is, as far as known."""

    def offer(self, words: Sequence[str]) -> None:
        """Offer `words` to choose from."""

    def refuse(self, line: str) -> None:
        """Say what is wrong; "": nothing."""
        self.error.setText(line)
        self.error.setVisible(bool(line))


class LineRow(FieldRow):
    """A line of text, completed by any words of a name in any order."""

    def __init__(self, field: AskedField) -> None:
        self.line = QLineEdit()
        super().__init__(field, self._laid_out())
        self.line.setAccessibleName(tr(field.label))
        self.line.setClearButtonEnabled(field.kind == "file" or field.name == "spec")
        self.line.textChanged.connect(lambda _text: self.changed.emit())
        self._names = QStringListModel(self)
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self._names)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.completer = dressed(QCompleter(self._found, self.line))  # goes with it
        self.completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.completer.setMaxVisibleItems(SHOWN)
        self.line.setCompleter(self.completer)
        self.line.textEdited.connect(self._search)

    def _laid_out(self) -> QWidget:
        return self.line

    @property
    def text(self) -> str:
        return self.line.text().strip()

    def fill(self, value: Any) -> None:
        self.line.setText(self.field.write(value))

    def tell(self, known: str) -> None:
        self.line.setPlaceholderText(taken(self.field, known))

    def offer(self, words: Sequence[str]) -> None:
        if list(words) != self._names.stringList():
            self._names.setStringList(list(words))

    def _search(self, text: str) -> None:
        words = (
            "".join(one if one.isalnum() else f"\\{one}" for one in word) for word in text.split()
        )
        self._found.setFilterRegularExpression("".join(f"(?=.*{word})" for word in words))


class FileRow(LineRow):
    """A line with a button that looks for the file."""

    def _laid_out(self) -> QWidget:
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.browse = QPushButton(tr("Browse…"))
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._ask)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        both.setFocusProxy(self.line)
        return both

    def _ask(self) -> None:
        self._ask_file()

    def _ask_file(self) -> None:
        ask_file(self.line.window(), self.field.label, self._found_file, near=self._near)

    @property
    def _near(self) -> str:
        """The folder of what stands there."""
        return str(Path(self.text.rpartition(".py:")[0] or self.text).parent) if self.text else ""

    def _found_file(self, path: str) -> None:
        self.line.setText(path)


class SpecRow(FileRow):
    """The name of a network, or a file or folder that holds one."""

    def _ask(self) -> None:
        menu = QMenu(self.browse)
        menu.addAction(tr("Python or ONNX file…"), self._ask_file)
        menu.addAction(tr("Hugging Face folder…"), self._ask_folder)
        menu.popup(self.browse.mapToGlobal(self.browse.rect().bottomLeft()))
        menu.aboutToHide.connect(menu.deleteLater)

    def _ask_folder(self) -> None:
        ask_folder(self.line.window(), self.field.label, self._found_file, self._near)

    def _found_file(self, path: str) -> None:
        self.line.setText(f"{path}:" if path.endswith(".py") else path)
        if path.endswith(".py"):  # the functions in it are offered, as soon as they are known
            self.line.setFocus()

    def offer(self, words: Sequence[str]) -> None:
        changed = list(words) != self._names.stringList()
        super().offer(words)
        meant = self.line.window().focusWidget() is self.line  # though its window may come later
        if not (changed and meant and ".py:" in self.text) or self.text in words:
            return
        made = [word for word in words if word.startswith(self.text)]
        if len(made) == 1 and self.text.endswith(":"):  # there is nothing to choose
            self.line.setText(made[0])
        else:
            self._search(self.line.text())
            self.completer.complete()


class MenuRow(FieldRow):
    """One of a few words, or what is taken where none is chosen."""

    align = Qt.AlignmentFlag.AlignLeft

    def __init__(self, field: AskedField) -> None:
        self._word, self._known = "", ""
        self.menu = menu_button(field.label)
        super().__init__(field, self.menu)
        self._offer()

    @property
    def text(self) -> str:
        return self._word

    def fill(self, value: Any) -> None:
        self._choose(self.field.write(value))

    def tell(self, known: str) -> None:
        if known != self._known:
            self._known = known
            self._offer()

    def _choose(self, word: str) -> None:
        if word != self._word:
            self._word = word
            self._offer()
            self.changed.emit()

    def _offer(self) -> None:
        names = {word: word for word in self.field.choices}
        names[""] = taken(self.field, self._known)
        choices = [
            (names[word], word == self._word, partial(self._choose, word))
            for word in ("", *self.field.choices)
        ]
        offer(self.menu, names[self._word], choices)


class SwitchRow(FieldRow):
    """A tick."""

    def __init__(self, field: AskedField) -> None:
        self.box = QCheckBox(tr(field.label))
        super().__init__(field, self.box)
        self.box.toggled.connect(lambda _on: self.changed.emit())

    @property
    def text(self) -> str:
        return "yes" if self.box.isChecked() else ""

    @property
    def value(self) -> bool:
        return self.box.isChecked()

    def fill(self, value: Any) -> None:
        self.box.setChecked(bool(value))


def taken(field: AskedField, known: str) -> Verbatim:
    """Say what is taken where nothing is filled in, and what that is, as far as known."""
    said = [one for one in (field.unsaid, known) if one]
    return together(": ", *said) if said else verbatim("")


def row_of(field: AskedField) -> FieldRow:
    """Return the row for `field`."""
    if field.name == "spec":
        return SpecRow(field)
    kinds: dict[str, type[FileRow | MenuRow | SwitchRow]] = {
        "file": FileRow, "choice": MenuRow, "either": MenuRow, "switch": SwitchRow,
    }  # fmt: skip
    return kinds.get(field.kind, LineRow)(field)
