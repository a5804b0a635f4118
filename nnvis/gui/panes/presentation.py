"""Presentation: large words, the panes that were chosen for it, a whole screen, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from nnvis.config import Settings
from nnvis.files.typed import fits
from nnvis.gui.panes.area import PaneArea
from nnvis.gui.panes.commands import NAMES
from nnvis.gui.panes.stage import Stage
from nnvis.gui.state.commands import PANES, WINDOW, Command, CommandActions

INPUT_PART = 0.3  # of the width, at least
LARGER = 1.5  # times the words of the window
USUAL = ("input", "grid")
KEY = "presented"  # of the settings
COMMANDS = (
    Command("presentation", WINDOW, "Presentation", ("F11",), checkable=True),
    Command("full_screen", WINDOW, "Full screen", ("Shift+F11",), checkable=True),
    *(
        Command(f"present_{name}", PANES, f"In presentations: {text}", checkable=True)
        for name, text in NAMES.items()
    ),
)


class Presentation(QObject):
    """Comes and goes; how the window lay, and all that was set, is as it was."""

    def __init__(
        self,
        window: QWidget,
        stage: Stage,
        settings: Settings,
        enlarge: Callable[[float], object],
    ) -> None:
        super().__init__(window)
        self._window, self._stage, self._settings = window, stage, settings
        self._enlarge = enlarge
        self._state = Qt.WindowState.WindowNoState
        self.on = False
        self._area: PaneArea | None = None
        stage.changed.connect(lambda on: None if on else self._end())

    @property
    def names(self) -> tuple[str, ...]:
        """The panes that are shown."""
        kept: Any = self._settings.window.get(KEY)
        names = tuple(one for one in NAMES if one in kept) if fits(kept, list[str]) else USUAL
        return names or USUAL

    def tie(self, commands: CommandActions, area: PaneArea) -> None:
        """Let the commands do what they say."""
        self._area = area
        commands.on("presentation", lambda on: self.begin() if on else self._stage.leave())
        commands.on("full_screen", self._fill_screen)
        for name in NAMES:
            commands[f"present_{name}"].setChecked(name in self.names)
            commands.on(f"present_{name}", partial(self._choose, name))
            area.panes[name].head.more.menu().addAction(commands[f"present_{name}"])
        self._stage.changed.connect(lambda _on: commands["presentation"].setChecked(self.on))

    def begin(self) -> None:
        """Fill the screen with the chosen panes."""
        if not self.on:
            self.on, self._state = True, self._window.windowState()
            self._enlarge(LARGER)
        self._window.showFullScreen()
        self._stage.enter(self.names)
        QTimer.singleShot(0, self._widen)  # once all lies as it is to lie

    @Slot()
    def _widen(self) -> None:
        """Let people in the last row see the input: it has a part of the screen."""
        area = self._area
        if self.on and area is not None and len(self.names) > 1 and "input" in self.names:
            pane, least = area.sides["input"], round(INPUT_PART * area.width())
            if not pane.out and pane.width() < least:
                area.resizeDocks([pane], [least], Qt.Orientation.Horizontal)

    def _end(self) -> None:
        if self.on:
            self.on = False
            self._enlarge(1.0)
            self._window.setWindowState(self._state)

    def _choose(self, name: str, on: bool) -> None:
        chosen = {*self.names, name} if on else {*self.names} - {name}
        self._settings.window[KEY] = [one for one in NAMES if one in chosen]
        if self.on:
            self._stage.enter(self.names)

    def _fill_screen(self, on: bool) -> None:
        if on:
            self._window.showFullScreen()
        else:
            self._window.showNormal()
