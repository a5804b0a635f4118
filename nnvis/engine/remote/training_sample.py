"""What a training hands over at one of its steps, copied by the thread that trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

PICTURES = 8  # of a batch that are kept: one is shown, all tell of dead units


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSample:
    """Copies of what there was at one step of the optimiser."""

    step: int
    pictures: Tensor | None  # (n,C,H,W) normalised, as the network took them; None: not seen
    of: int  # pictures in the batch
    before: list[Tensor] | None  # weights before the step; None: not known
    after: list[Tensor]
    buffers: list[Tensor]
    ready: tuple[Any, ...]  # CUDA events after the copies, one for each device
    cost: float  # seconds that the copies took of the training's thread


def copied(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return copies, without a gradient."""
    with torch.no_grad():
        return [one.detach().clone() for one in tensors]
