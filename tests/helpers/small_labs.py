"""Labs in which every part runs for a moment: what they find has tests of its own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from nnvis.labs.framework.table_figure import tables
from nnvis.models import load as load_model

# Of each lab, what a person can set.
VALUES: Mapping[str, Mapping[str, float]] = {
    "adversarial": {"epochs": 2, "steps": 1, "attack": 4},
    "directions": {"width": 16},
    "saddle": {"units": 2, "steps": 3},
    "line": {"width": 8, "epochs": 3, "bend": 2},
    "flat": {"width": 16, "updates": 40, "target": 1.0, "stocks": 5},
    "memorise": {"width": 32, "epochs": 12},
    "compress": {"share": 20, "hidden": 8, "missing": 1},
    "initialise": {"labels": 40, "width": 12, "epochs": 2, "depth": 3, "words": 100},
    "forget": {"width": 16, "kept": 5, "tasks": 2, "words": 600},
}
# What nobody can.
PARTS: Mapping[str, Any] = {
    "adversarial.lipschitz.load": partial(load_model, input_size=(64, 64)),
    "adversarial.lipschitz.FEW_ROUNDS": (2, 2),
    "adversarial.lipschitz.PHOTOGRAPHS": ("chelsea", "coffee"),
    "adversarial.run.SIZES": (0.05, 0.15),
    "adversarial.run.SMALLEST": 2,
    "compression.bundled.KEPT": (1.0, 0.5),
    "forgetting.run.FEWEST": 100,
    "forgetting.run.FEW_EPOCHS": 5,
    "forgetting.run.FEW_OF_BOTH": (4, 4),
    "memorisation.run.FEW_PIECES": 2,
    "memorisation.run.TUNED": 3,
    "pretraining.run.WORDS": 400,
    "pretraining.run.FEW_EPOCHS": (8, 3),
    "saddle_points.run.FEW_EPOCHS": (0, 5),
    "saddle_points.run.SGD_STEPS": 5,
    "saddle_points.run.BATCH": 90,
    "saddle_points.run.WIDE": 4,
    "saddle_points.run.WIDE_STEPS": 50,
    "saddle_points.run.DEEP": (4, 2, 4),
    "saddle_points.run.DEEP_STEPS": 50,
}


def made_small(change: Callable[[str, Any], object]) -> None:
    """Let `change`, given a name and its new value, make every part of the labs small."""
    compression = importlib.import_module("nnvis.labs.compression.bundled")
    few = partial(compression.bundled, 2, 1, "tiny")
    for name, value in {
        **PARTS,
        "compression.run.bundled": lambda *_: few(),
        "forgetting.run.tables": _first_of_tables,
    }.items():
        change(f"nnvis.labs.{name}", value)


def _first_of_tables(parts: Mapping[Any, Any], *given: Any, **more: Any) -> Any:
    """The lab draws all tables so far again and again: the first of them stands for all.

    It stays the same, and is drawn once.
    """
    first = dict(list(parts.items())[:1])
    asked = repr((first, given, more))
    if asked not in _DRAWN:
        _DRAWN[asked] = tables(first, *given, **more)
    return _DRAWN[asked].copy()


_DRAWN: dict[str, Any] = {}
