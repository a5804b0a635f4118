"""What a unit wants to see: pictures made by climbing its activation.

Nothing here imports torch until it is asked for, since the window holds wishes and recipes before
torch is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnvis.featurevis.cache import Store
    from nnvis.featurevis.held_out_score import held_out
    from nnvis.featurevis.parameters import PRESETS, Recipe
    from nnvis.featurevis.result import Forming, Preferred
    from nnvis.featurevis.steps import ascend
    from nnvis.featurevis.target import LOGITS, Wish

_HOMES = {
    "ascend": "steps",
    "held_out": "held_out_score",
    "Forming": "result",
    "Preferred": "result",
    "PRESETS": "parameters",
    "Recipe": "parameters",
    "Store": "cache",
    "LOGITS": "target",
    "Wish": "target",
}

__all__ = [
    "LOGITS", "PRESETS", "Forming", "Preferred", "Recipe", "Store", "Wish", "ascend", "held_out",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
