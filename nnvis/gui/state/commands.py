"""What a person can do, by name, key and group: menus and the help overlay come from it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import source_of, tr


@dataclass(frozen=True, slots=True)
class Command:
    """`keys` are portable key sequences; the first is the one that menus show."""

    name: str
    group: str
    text: str
    keys: tuple[str, ...] = ()
    checkable: bool = False
    repeats: bool = False  # whether holding the key goes on


SOURCE, UNITS, PICTURE = "Source", "Layers and units", "Picture"
LOOK, OFF, LENS = "Look back", "Switch off", "Lens and pins"
MODEL, FOOL, SAVE, PANES, WINDOW = "Model", "Fool", "Save", "Panes", "Window"
_DIGITS = tuple("123456789")
GROUPS = (SOURCE, UNITS, PICTURE, LOOK, OFF, LENS, MODEL, FOOL, SAVE, PANES, WINDOW)


def in_order(commands: Iterable[Command]) -> list[Command]:
    """Return `commands` with those of the keys 1 to 9 first, by number."""

    def place(one: Command) -> str:
        return one.keys[0] if one.keys and one.keys[0] in _DIGITS else "~"

    return sorted(commands, key=place)


class CommandActions:
    """One QAction for each command, reachable by key from anywhere in `window`."""

    def __init__(
        self, window: QWidget, chosen: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """`chosen` are the keys of some commands, by name, as a person wants them."""
        self._window, self._chosen = window, chosen or {}
        self.usual: dict[str, tuple[str, ...]] = {}  # the keys of commands as they are by default
        self._made: dict[str, QAction] = {}
        self._slots: dict[str, list[Callable[..., object]]] = {}
        self._before: dict[str, Callable[[], object]] = {}  # what is built with the first press
        self.commands: list[Command] = []

    def add(self, commands: Iterable[Command]) -> None:
        """Take in more commands; a key that another one has stays with that.

        Raises:
            ValueError: there is a command of this name already.
        """
        taken = {key for one in self.commands for key in one.keys}
        claims = [(name, key) for name, keys in self._chosen.items() for key in keys]
        for command in commands:
            name = command.name
            if name in self._made:
                raise ValueError(f"there are two commands {name!r}")
            self.usual[name] = command.keys
            wanted = self._chosen.get(name, command.keys)
            claimed = {key for other, key in claims if other != name}
            free = tuple(key for key in wanted if key not in taken and key not in claimed)
            taken.update(free)
            action = QAction(tr(command.text), self._window)
            action.setObjectName(name)
            self.commands.append(command)
            self._bind(action, len(self.commands) - 1, free)
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setAutoRepeat(command.repeats)
            action.setCheckable(command.checkable)
            # A partial would be called without what is checked.
            action.triggered.connect(lambda checked, name=name: self._do(name, checked))
            self._window.addAction(action)
            self._made[name] = action

    def has_key(self, key: str) -> Command | None:
        """Return the command that `key` calls; None where it is free."""
        return next((one for one in self.commands if key in one.keys), None)

    def bind(self, name: str, keys: tuple[str, ...]) -> None:
        """Let these keys call a command from now on, and no others."""
        place = next(at for at, one in enumerate(self.commands) if one.name == name)
        self._bind(self._made[name], place, keys)

    def _bind(self, action: QAction, place: int, keys: tuple[str, ...]) -> None:
        """Give the command at `place` these keys."""
        bound = self.commands[place]
        if bound.keys != keys:
            bound = self.commands[place] = replace(bound, keys=keys)
        if keys or not action.shortcut().isEmpty():
            action.setShortcuts([QKeySequence(key) for key in keys])
        action.setToolTip(plain_tip(with_key(bound.text, bound)))

    def say_key(self, name: str, *widgets: QWidget) -> None:
        """Let the tool tips of `widgets`, which do what this command does, name its key."""
        action = self._made[name]
        tips = [(one, source_of(one.toolTip()) or one.toolTip()) for one in widgets]

        def tell() -> None:
            for widget, tip in tips:
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                widget.setToolTip(plain_tip(f"{tr(tip)}  ({keys})" if keys else tip))

        action.changed.connect(tell)
        tell()

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._made.values())

    def drop(self, commands: Iterable[Command]) -> None:
        """Forget commands again, those that were taken in."""
        for command in [
            one for one in self.commands for other in commands if one.name == other.name
        ]:
            self.commands.remove(command)
            self._window.removeAction(self._made.pop(command.name))
            self._slots.pop(command.name, None)
            self._before.pop(command.name, None)

    @property
    def groups(self) -> list[str]:
        """The groups, ours first."""
        return list(dict.fromkeys((*GROUPS, *(one.group for one in self.commands))))

    def of_group(self, group: str) -> list[Command]:
        """Return the commands of a group."""
        return in_order(one for one in self.commands if one.group == group)

    def say_again(self) -> None:
        """Name every command in the language that is in use now."""
        for place, command in enumerate(self.commands):
            self._made[command.name].setText(tr(command.text))
            self._bind(self._made[command.name], place, command.keys)

    def tied(self, name: str) -> bool:
        """Tell whether the command does something already."""
        return name in self._slots

    def on(self, name: str, slot: Callable[..., object]) -> None:
        """Call `slot` when the action is triggered (with whether it is checked, if checkable)."""
        self._slots.setdefault(name, []).append(slot)

    def build_first(self, commands: Iterable[Command], build: Callable[[], object]) -> None:
        """Let `build` make whoever ties these commands, once one of them is triggered."""
        self._before.update({one.name: build for one in commands})

    def built(self, commands: Iterable[Command]) -> None:
        """Let nothing be built for these commands any longer."""
        for one in commands:
            self._before.pop(one.name, None)

    def _do(self, name: str, checked: bool) -> None:
        given = (checked,) if self._made[name].isCheckable() else ()
        build = self._before.get(name)
        if build is not None:
            build()
        for slot in tuple(self._slots.get(name, ())):
            try:
                slot(*given)
            except Exception:  # noqa: BLE001 - told as of any slot, and the others are called too
                sys.excepthook(*sys.exc_info())


def with_key(text: str, command: Command) -> str:
    """Return `text` with the first key of `command` behind it."""
    if not command.keys:
        return tr(text)
    key = _written(command.keys[0])
    return f"{tr(text)}  ({key})"


def keys_text(command: Command) -> list[str]:
    """Return the keys of `command` as this system writes them."""
    return [_written(key) for key in command.keys]


@functools.cache
def _written(key: str) -> str:
    """A key as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
