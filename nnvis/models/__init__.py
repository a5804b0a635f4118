"""Networks that speak pixels, and what is known of them.

Nothing here imports torch until it is asked for, since the window holds ModelCards before torch
is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnvis.models.registry import Offer, load, load_steps, models
    from nnvis.models.tiny_network import tiny
    from nnvis.models.vision import VisionModel

__all__ = ["Offer", "VisionModel", "load", "load_steps", "models", "tiny"]

_HOMES = {
    "Offer": "registry",
    "VisionModel": "vision",
    "load": "registry",
    "load_steps": "registry",
    "models": "registry",
    "tiny": "tiny_network",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
