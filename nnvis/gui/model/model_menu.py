"""The menu of models: the bundled one, recent ones, and the ways to others."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from nnvis.config import Settings
from nnvis.gui.state.commands import CommandActions
from nnvis.models.info import ModelRequest

BUNDLED = ModelRequest().spec


class ModelMenu(QMenu):
    """Emits the spec of the model to load."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget, settings: Settings, actions: CommandActions) -> None:
        super().__init__(parent)
        self._settings = settings
        self._actions = actions
        self.aboutToShow.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        self.clear()
        self.addAction(f"{BUNDLED}  (bundled)", partial(self.chosen.emit, BUNDLED))
        recent = [spec for spec in self._settings.recent_models if spec != BUNDLED]
        if recent:
            self.addSeparator()
            for spec in recent:
                self.addAction(spec, partial(self.chosen.emit, spec))
        self.addSeparator()
        self.addAction(self._actions["open_model"])
        self.addAction(self._actions["open_weights"])
