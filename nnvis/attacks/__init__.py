"""Ways to fool a network; ATTACKS has them by name. No torch until it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nnvis.attacks.registry import ATTACKS, Attack

if TYPE_CHECKING:
    from nnvis.attacks.result import AttackOutcome

__all__ = ["ATTACKS", "Attack", "AttackOutcome"]


def __getattr__(name: str) -> Any:
    if name != "AttackOutcome":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("nnvis.attacks.result").AttackOutcome
