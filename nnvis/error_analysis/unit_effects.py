"""What becomes of a network's answers when single units are switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from nnvis.error_analysis.class_logits import class_logits
from nnvis.error_analysis.fed import as_input
from nnvis.error_analysis.separation import UnitSeparation
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.ablate import ablate
from nnvis.views.request import Ablation

MOST_UNITS = 16  # that are switched off, one after the other
MOST_PICTURES = 8


def by_effect(
    model: VisionModel,
    ranked: Sequence[UnitSeparation],
    fed: Tensor,
    said: Sequence[int],
    truths: Sequence[int],
) -> Steps[list[UnitSeparation]]:
    """Measure what the first units do, and let those lead that do most of ones that tell equally.

    A few pictures are told apart without an error by many units; which of them leads the network
    astray, only switching them off says.

    Args:
        model: the network.
        ranked: from `rank_units`.
        fed: (N,H,W,3) uint8, pictures that the units were chosen by.
        said: (N,) the classes that the network gives them.
        truths: (N,) the classes that they show; where equal, the next likely class is held
            against it.

    Returns:
        All of `ranked`, the first MOST_UNITS with their `pull`.
    """
    x, own = as_input(model, fed), torch.tensor(said)
    plain = _asked(model, x)
    rest = plain.scatter(1, own[:, None], -torch.inf).argmax(1)
    other = torch.where(own == torch.tensor(truths), rest, torch.tensor(truths))
    before = _lead(plain, own, other)
    found = []
    for one in ranked[:MOST_UNITS]:
        with ablate(model, (Ablation(one.layer, one.unit),)):
            after = _lead(_asked(model, x), own, other)
        found.append(replace(one, pull=before - after))
        yield Progress(len(found), min(len(ranked), MOST_UNITS), "switching units off")
    found.sort(key=lambda one: (-round(abs(one.chosen_by - 0.5), 9), -one.pull))
    return [*found, *ranked[MOST_UNITS:]]


@torch.inference_mode()
def _asked(model: VisionModel, x: Tensor) -> Tensor:
    return class_logits(model, x).float().cpu()


def _lead(logits: Tensor, own: Tensor, other: Tensor) -> float:
    """Return by how much the logit of `own` is above that of `other`, in the mean."""
    ahead = logits.gather(1, own[:, None]) - logits.gather(1, other[:, None])
    return float(ahead.mean())
