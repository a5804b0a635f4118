"""Views: what in the picture drives a unit, each a function of a network and pictures.

Nothing here imports torch until it is asked for, since the window holds what is asked of the views
before torch is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnvis.views.registry import SLOW_VIEWS, VIEWS, View
    from nnvis.views.request import LOGITS
    from nnvis.views.rule_notes import rule_note

__all__ = ["LOGITS", "SLOW_VIEWS", "VIEWS", "View", "rule_note"]

_HOMES = {
    "LOGITS": "request",
    "SLOW_VIEWS": "registry",
    "VIEWS": "registry",
    "View": "registry",
    "rule_note": "rule_notes",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
