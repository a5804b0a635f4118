"""Networks that speak pixels, and what is known of them.

Nothing here imports torch until it is asked for, since the window holds ModelCards before torch
is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnvis.models.toy import tiny
    from nnvis.models.vision import VisionModel
    from nnvis.models.zoo import Offer, load, load_steps, models

__all__ = ["Offer", "VisionModel", "load", "load_steps", "models", "tiny"]

_HOMES = {
    "Offer": "zoo",
    "VisionModel": "vision",
    "load": "zoo",
    "load_steps": "zoo",
    "models": "zoo",
    "tiny": "toy",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
