"""Units switched off over all pictures, against as many random units of the same layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.error_analysis.class_logits import class_logits
from nnvis.error_analysis.fed import as_input
from nnvis.errors import UserError
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
    blocks: Iterable[tuple[slice, Tensor]],
    truths: NDArray[np.int64],
    selected: NDArray[np.bool_],
    changes: Sequence[Ablation],
    draws: int = 20,
    seed: int = 0,
) -> Steps[AblationEffect]:
    """Change units over all pictures, and as many others, drawn at random, in the same way.

    Args:
        model: the network.
        blocks: places and (B,H,W,3) uint8, of all N pictures as they are fed; gone through once.
        truths: (N,).
        selected: (N,) the pictures in question.
        changes: what is done to which units; see `Ablation`.
        draws: how often random units take their places.
        seed: of the draws.

    Raises:
        UserError: the network has no such unit, or no other one to compare with.
    """
    die = np.random.default_rng(seed)
    sets = [tuple(changes), *(_others(model, changes, die) for _ in range(draws))]
    said = np.zeros((len(sets), len(truths)), np.int64)
    for where, some in blocks:
        x = as_input(model, some)
        for number, one in enumerate(sets):
            with torch.inference_mode(), ablate(model, one):
                said[number, where] = class_logits(model, x).argmax(1).cpu().numpy()
            yield Progress(
                where.start * len(sets) + number * (where.stop - where.start),
                len(sets) * len(truths),
                f"units changed, and {draws} times as many random ones",
            )
    right = said == truths
    mended = right[:, selected].mean(1)
    as_good = int((mended[1:] >= mended[0]).sum())
    return AblationEffect(
        tuple(changes), said[0], float(right[0].mean()), float(mended[0]),
        tuple(right[1:].mean(1).tolist()), tuple(mended[1:].tolist()),
        (1 + as_good) / (1 + draws),
    )  # fmt: skip


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
        units = [one.unit for one in some]  # a unit may be changed in two ways
        if len(free) < len(taken):
            raise UserError(
                f"{layer} has too few other units to compare with {len(taken)}; change fewer"
            )
        drawn = dict(zip(dict.fromkeys(units), die.permutation(free).tolist(), strict=False))
        made += [replace(one, unit=drawn[one.unit]) for one in some]
    return tuple(made)
