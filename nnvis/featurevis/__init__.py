"""What a unit wants to see: pictures made by climbing its activation.

Nothing here imports torch until it is asked for, since the window holds wishes and recipes before
torch is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnvis.featurevis.cache import FeatureCache
    from nnvis.featurevis.held_out_score import held_out
    from nnvis.featurevis.parameters import PRESETS, FeatureParameters
    from nnvis.featurevis.result import FeatureImage, FormingImage
    from nnvis.featurevis.steps import optimise
    from nnvis.featurevis.target import LOGITS, Target

_HOMES = {
    "optimise": "steps",
    "held_out": "held_out_score",
    "FormingImage": "result",
    "FeatureImage": "result",
    "PRESETS": "parameters",
    "FeatureParameters": "parameters",
    "FeatureCache": "cache",
    "LOGITS": "target",
    "Target": "target",
}

__all__ = [
    "LOGITS",
    "PRESETS",
    "FeatureCache",
    "FeatureImage",
    "FeatureParameters",
    "FormingImage",
    "Target",
    "held_out",
    "optimise",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
