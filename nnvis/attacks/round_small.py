"""The smallest 8-bit change in a given direction that still reaches the goal."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.quantise import round_l2
from nnvis.progress import Progress, Steps

GROWTH = 1.25
GROWTHS = 12  # up to 15 times the length
HALVINGS = 5  # of the last growth: to within 1 %


def round_small(case: AttackInput, z: Tensor) -> Steps[Tensor]:
    """Return 8-bit pictures in the direction of `z` from `case.x`, as near as possible.

    A change that is small everywhere is lost by rounding, so it must be gathered (`round_l2`)
    and mostly lengthened. How far is found by growing it until the goal is reached and by
    halving what was too much. Pictures at which nothing helps are returned as near to `z` as
    rounding allows; as they come, where the case is not of 8 bit.
    """
    if not case.eight_bit:
        return z
    x, change = case.x, z - case.x
    count = len(x)
    low = torch.ones(count, device=x.device)
    high = torch.full_like(low, torch.inf)
    best = round_l2(x, z)
    scale = low.clone()
    for turn in range(GROWTHS + HALVINGS):
        rounded = round_l2(x, x + change * scale.view(-1, 1, 1, 1))
        reached = case.criterion.reached(case.network.logits(rounded))
        better = reached & (scale < high)
        best = torch.where(better.view(-1, 1, 1, 1), rounded, best)
        high = torch.where(better, scale, high)
        low = torch.where(reached, low, scale)
        if bool((high == 1).all()):
            break
        growing = high.isinf()
        if turn >= GROWTHS - 1 and bool(growing.all()):
            break
        scale = torch.where(growing, scale * GROWTH, (low + high) / 2)
        yield Progress(turn + 1, GROWTHS + HALVINGS, "rounding to 8 bit")
    return best
