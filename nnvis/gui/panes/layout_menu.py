"""Layouts of the panes by name: kept, recalled and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from nnvis.config import Settings
from nnvis.gui.panes.area import PaneShape, read_shape
from nnvis.gui.state.commands import PANES, Command, CommandActions
from nnvis.gui.widgets.controls import empty
from nnvis.language import tr

MOST = 24  # layouts
LONGEST = 40  # characters of a name
COMMANDS = (Command("keep_layout", PANES, "Keep this layout…"),)


class LayoutMenu(QMenu):
    """Names what is kept in the settings; `recall` lays the panes out."""

    def __init__(
        self,
        parent: QWidget,
        settings: Settings,
        commands: CommandActions,
        now: Callable[[], PaneShape],
        recall: Callable[[PaneShape | None], object],
    ) -> None:
        super().__init__(tr("Layouts"), parent)
        self._settings, self._commands, self._now, self._recall = settings, commands, now, recall
        commands.on("keep_layout", self._ask)
        self.aboutToShow.connect(self.fill)
        self.fill()

    @property
    def kept(self) -> dict[str, Any]:
        """The layouts by name."""
        kept = self._settings.window.get("layouts")
        return dict(list(kept.items())[-MOST:]) if isinstance(kept, dict) else {}

    def keep(self, name: str) -> None:
        """Keep how the panes lie now, in place of what had this name."""
        name = " ".join(name.split())[:LONGEST]
        if name:
            others = {one: shape for one, shape in self.kept.items() if one != name}
            self._settings.window["layouts"] = {**others, name: asdict(self._now())}
            self.fill()

    def forget(self, name: str) -> None:
        """Keep it no longer."""
        others = {one: shape for one, shape in self.kept.items() if one != name}
        self._settings.window["layouts"] = others
        self.fill()

    def fill(self) -> None:
        """List what there is."""
        empty(self)
        for name, shape in self.kept.items():
            self.addAction(_plain(name), partial(self._recall, read_shape(shape)))
        if self.kept:
            self.addSeparator()
        self.addAction(self._commands["keep_layout"])
        self.addAction(self._commands["reset_layout"])
        if self.kept:
            gone = self.addMenu(tr("Forget"))
            for name in self.kept:
                gone.addAction(_plain(name), partial(self.forget, name))

    def _ask(self) -> None:
        dialog = QInputDialog(self.parentWidget())
        dialog.setWindowTitle(tr("Keep this layout"))
        dialog.setLabelText(tr("Its name:"))
        dialog.textValueSelected.connect(self.keep)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _plain(name: str) -> str:
    return name.replace("&", "&&")
