"""Plain keys over a workspace: those that are about the panes behind it do nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from nnvis.gui.state.commands import WINDOW, CommandActions

_LEAVE = "reset"  # Esc, which closes what is open
_MEANT = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


class WorkspaceKeys(QObject):
    """An event filter for `workspace`, which owns it."""

    def __init__(self, workspace: QWidget, commands: CommandActions) -> None:
        super().__init__(workspace)
        self._commands = commands
        workspace.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        key = QKeySequence(event.keyCombination()).toString()
        command = self._commands.has_key(key)
        if command is None and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            command = self._commands.has_key(event.text())  # as "?", which stands behind Shift
        plain = not event.modifiers() & _MEANT
        if command is None or not plain or command.group == WINDOW or command.name == _LEAVE:
            return False
        event.accept()  # it is a key like any other here, no shortcut
        return True
