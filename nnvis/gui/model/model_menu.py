"""The menu of models: the bundled one, recent ones, and the way to others."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from nnvis.config import Settings
from nnvis.gui.state.commands import CommandActions
from nnvis.gui.state.recent_models import recent_models
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr, verbatim
from nnvis.models.info import ModelRequest

BUNDLED = ModelRequest().spec


class ModelMenu(QMenu):
    """Emits what is remembered of the model to load."""

    chosen = Signal(object)  # ModelRequest

    def __init__(self, parent: QWidget, settings: Settings, actions: CommandActions) -> None:
        super().__init__(parent)
        self._settings = settings
        self._actions = actions
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        self.clear()
        plain = ModelRequest(device=self._settings.device)
        self.addAction(tr(f"{BUNDLED}  (bundled)"), partial(self.chosen.emit, plain))
        recent = {
            title: one for title, one in recent_models(self._settings).items() if title != BUNDLED
        }
        if recent:
            self.addSeparator()
            for title, one in recent.items():
                action = self.addAction(_short(one), partial(self.chosen.emit, one))
                action.setToolTip(plain_tip(verbatim(title)))
        self.addSeparator()
        self.addAction(self._actions["open_model"])
        self.addAction(self._actions["open_weights"])


def _short(model_request: ModelRequest) -> str:
    """Return its title with no more of paths than tells files apart."""
    where, colon, function = model_request.spec.rpartition(":")
    spec = f"{Path(where).name}:{function}" if colon else model_request.spec
    spec = Path(spec).name if Path(spec).is_absolute() else spec
    if not model_request.weights:
        return model_request.title.replace(model_request.spec, spec, 1).replace("&", "&&")
    weights = Path(model_request.weights)
    return f"{spec} · {weights.parent.name}/{weights.name}".replace("&", "&&")
