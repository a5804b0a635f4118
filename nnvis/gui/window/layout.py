"""How the window lay when it was left, and what it showed."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from PySide6.QtCore import QByteArray, QSize

from nnvis.config import Settings
from nnvis.gui.panes.area import VERSION, read_shape
from nnvis.gui.window.main_window import USUAL, MainWindow
from nnvis.models.info import ModelRequest
from nnvis.structure import structure

TITLE_BAR = 40  # pixels kept free for what the desktop draws around a window


def keep_layout(window: MainWindow, settings: Settings) -> None:
    """Write geometry, panes and view choices into `settings`."""
    request, model_request = window.controller.view_state.request, window.controller.model_request
    shading = asdict(request.shading)
    shading["range"] = request.shading.range.value
    settings.window = {
        **settings.window,
        "version": VERSION,
        "geometry": _text(window.saveGeometry()),
        "panes": asdict(window.arrangement.shape()),
        "shading": shading,
        "fit": request.fit,
        "exact": request.exact,
        "half": request.half,
        "overlay": request.layout.overlay,
        "display": asdict(request.display),
        "mirror": window.commands["mirror"].isChecked(),
        "layer_map": window.commands["layer_map"].isChecked(),
        "request": asdict(model_request),
    }


def recall_layout(window: MainWindow, settings: Settings) -> None:
    """Lay the window out as it was left; anything odd is ignored."""
    kept = settings.window
    if kept.get("version") not in (1, VERSION):  # of which 1 knew no panes
        window.resize(_usual_size(window))
        return
    geometry: Any = kept.get("geometry")
    if isinstance(geometry, str):
        window.restoreGeometry(_bytes(geometry))
    window.arrangement.recall(read_shape(kept.get("panes")))
    if kept.get("mirror") is True:
        window.commands["mirror"].trigger()
    if kept.get("layer_map") is True:
        window.layer_forms.show_map(True)


def reset_layout(window: MainWindow) -> None:
    """Lay the window out as at the first start."""
    window.showNormal()
    window.resize(_usual_size(window))
    window.arrangement.reset()


def _usual_size(window: MainWindow) -> QSize:
    """Return the size of the first start: all of it fits on a small screen, too."""
    room = window.screen().availableSize() - QSize(0, TITLE_BAR)
    return QSize(*USUAL).boundedTo(room)


def kept_request(settings: Settings) -> ModelRequest:
    """Return the model that was in use; the default where that is unknown."""
    stored: Any = settings.window.get("request")
    plain = ModelRequest(settings.model, settings.device)
    if not isinstance(stored, dict) or stored.get("spec") != settings.model:
        return plain
    return structure(ModelRequest, stored) or plain


def _text(data: QByteArray) -> str:
    return base64.b64encode(bytes(data.data())).decode("ascii")


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
