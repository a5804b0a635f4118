"""What a unit wants to see: pictures made by climbing its activation.

Nothing here imports torch until it is asked for, since the window holds wishes and recipes before
torch is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnvis.featurevis.ascent import ascend
    from nnvis.featurevis.judge import held_out
    from nnvis.featurevis.preferred import Forming, Preferred
    from nnvis.featurevis.recipe import PRESETS, Recipe
    from nnvis.featurevis.store import Store
    from nnvis.featurevis.wish import LOGITS, Wish

_HOMES = {
    "ascend": "ascent",
    "held_out": "judge",
    "Forming": "preferred",
    "Preferred": "preferred",
    "PRESETS": "recipe",
    "Recipe": "recipe",
    "Store": "store",
    "LOGITS": "wish",
    "Wish": "wish",
}

__all__ = [
    "LOGITS", "PRESETS", "Forming", "Preferred", "Recipe", "Store", "Wish", "ascend", "held_out",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
