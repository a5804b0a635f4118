"""The keys of all commands, to be changed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnvis.gui.state.commands import CommandActions, keys_text
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

NAME = Qt.ItemDataRole.UserRole
PORTABLE = QKeySequence.SequenceFormat.PortableText


class KeyTable(QWidget):
    """A list that can be searched; the row that is chosen gets the key that is pressed below."""

    changed = Signal(str)  # the command whose keys are others now

    def __init__(self, commands: CommandActions) -> None:
        super().__init__()
        self._commands = commands
        self._items: list[QTreeWidgetItem] = []
        self.search = QLineEdit(placeholderText=tr("Search"), clearButtonEnabled=True)
        self.search.setAccessibleName(tr("Search the commands"))
        self.list = QTreeWidget()
        self.list.setHeaderLabels([tr("Command"), tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(tr("Commands and their keys"))
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.edit = QKeySequenceEdit(maximumSequenceLength=1)
        self.edit.setAccessibleName(tr("The key to be used"))
        self.use = QPushButton(tr("Use this key"))
        self.usual = QPushButton(tr("As usual"))
        self.note = PlainLabel()
        self.note.setWordWrap(True)
        self.note.setObjectName("warn")
        row = QHBoxLayout()
        for widget in (self.edit, self.use, self.usual):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        for part in (self.search, self.list):
            column.addWidget(part)
        column.addLayout(row)
        column.addWidget(self.note)
        self.search.textChanged.connect(self._filter)
        self.list.currentItemChanged.connect(lambda *_: self._show())
        self.use.clicked.connect(self._use)
        self.usual.clicked.connect(self._as_usual)
        self._fill()

    def say_again(self) -> None:
        """Name the commands in the language that is in use now."""
        for group in self._commands.groups:
            for command in self._commands.of_group(group):
                for item in self._items:
                    if item.data(0, NAME) == command.name:
                        item.setText(0, f"{tr(group)}: {tr(command.text)}")

    def choose(self, name: str) -> None:
        """Mark the row of a command."""
        for item in self._items:
            if item.data(0, NAME) == name:
                self.list.setCurrentItem(item)

    @property
    def name(self) -> str:
        """The command that is chosen, "" for none."""
        item = self.list.currentItem()
        return str(item.data(0, NAME)) if item is not None else ""

    def _fill(self) -> None:
        for group in self._commands.groups:
            for command in self._commands.of_group(group):
                item = QTreeWidgetItem([f"{tr(group)}: {tr(command.text)}", ""])
                item.setData(0, NAME, command.name)
                self._items.append(item)
        self.list.addTopLevelItems(self._items)
        self._write()

    def _write(self) -> None:
        known = {one.name: one for one in self._commands.commands}
        for item in self._items:
            item.setText(1, ", ".join(keys_text(known[item.data(0, NAME)])))

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for item in self._items:
            said = f"{item.text(0)} {item.text(1)}".casefold()
            item.setHidden(not all(word in said for word in words))

    def _show(self) -> None:
        self.edit.clear()
        self.note.clear()

    def _use(self) -> None:
        key = self.edit.keySequence().toString(PORTABLE)
        if not key or not self.name:
            self.note.setText("Choose a command, click into the field and press a key.")
            return
        other = self._commands.has_key(key)
        if other is not None and other.name != self.name:
            self.note.setText(
                f"{key} is the key of “{tr(other.text)}”. Give that another one first."
            )
            return
        self._bind((key,))

    def _as_usual(self) -> None:
        if not self.name:
            return
        keys = self._commands.usual[self.name]
        others = {one.name: one for key in keys if (one := self._commands.has_key(key))}
        others.pop(self.name, None)
        if others:
            names = ", ".join(f"“{tr(one.text)}”" for one in others.values())
            self.note.setText(f"Its usual key is now that of {names}. Change that first.")
            return
        self._bind(keys)

    def _bind(self, keys: tuple[str, ...]) -> None:
        self._commands.bind(self.name, keys)
        self._write()
        self._show()
        self.changed.emit(self.name)
