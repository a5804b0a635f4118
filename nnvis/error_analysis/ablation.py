"""Units switched off over all pictures, against as many random units of the same layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.error_analysis.class_logits import class_logits
from nnvis.error_analysis.fed import in_blocks
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.ablate import ablate
from nnvis.views.layout import require_layer
from nnvis.views.request import Ablation


@dataclass(frozen=True, slots=True, eq=False)
class AblationEffect:
    """What became of the answers."""

    changes: tuple[Ablation, ...]
    said: NDArray[np.int64]  # (N,) classes with the units changed
    accuracy: float  # 0..1 over all pictures
    selected: float  # share of the selected pictures that are right
    random_accuracy: tuple[float, ...]  # of each random draw
    random_selected: tuple[float, ...]
    p: float  # of a random draw mending as many of the selected: (1 + as good) / (1 + draws)


def ablation_effect(
    model: VisionModel,
    fed: Tensor,
    truths: NDArray[np.int64],
    selected: NDArray[np.bool_],
    changes: Sequence[Ablation],
    draws: int = 20,
    seed: int = 0,
) -> Steps[AblationEffect]:
    """Change units over all pictures, then as many others, drawn at random, in the same way.

    Args:
        model: the network.
        fed: (N,H,W,3) uint8, as they are fed.
        truths: (N,).
        selected: (N,) the pictures in question.
        changes: what is done to which units; see `Ablation`.
        draws: how often random units take their places.
        seed: of the draws.

    Raises:
        UserError: the network has no such unit.
    """
    die = np.random.default_rng(seed)
    sets = [tuple(changes), *(_others(model, changes, die) for _ in range(draws))]
    rates: list[tuple[float, float]] = []
    said = np.zeros(0, np.int64)
    for number, one in enumerate(sets):
        found = yield from _said(model, fed, one, number, len(sets))
        right = found == truths
        rates.append((float(right.mean()), float(right[selected].mean())))
        said = found if number == 0 else said
    as_good = sum(one[1] >= rates[0][1] for one in rates[1:])
    return AblationEffect(
        tuple(changes), said, *rates[0],
        tuple(one[0] for one in rates[1:]), tuple(one[1] for one in rates[1:]),
        (1 + as_good) / (1 + draws),
    )  # fmt: skip


def _said(
    model: VisionModel, fed: Tensor, changes: tuple[Ablation, ...], number: int, total: int
) -> Steps[NDArray[np.int64]]:
    note = "units changed" if number == 0 else f"random units, {number} of {total - 1}"
    found = []
    for where, x in in_blocks(model, fed):
        with torch.inference_mode(), ablate(model, changes):
            found.append(class_logits(model, x).argmax(1).cpu())
        yield Progress(number * len(fed) + where.stop, total * len(fed), note)
    return torch.cat(found).numpy()


def _others(
    model: VisionModel, changes: Sequence[Ablation], die: np.random.Generator
) -> tuple[Ablation, ...]:
    """Draw other units of the same layers."""
    by_layer: dict[str, list[Ablation]] = {}
    for one in changes:
        by_layer.setdefault(one.layer, []).append(one)
    made: list[Ablation] = []
    for layer, some in by_layer.items():
        taken = {one.unit for one in some}
        free = [unit for unit in range(require_layer(model, layer).units) if unit not in taken]
        drawn = die.choice(free or list(taken), min(len(some), len(free) or 1), replace=False)
        made += [replace(one, unit=int(unit)) for one, unit in zip(some, drawn, strict=False)]
    return tuple(made)
