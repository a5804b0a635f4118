"""The loss along straight lines through a solution."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nnvis.labs.flat.sharpness import everything
from nnvis.labs.line.blend import blend
from nnvis.labs.stack.fit import Loss
from nnvis.labs.stack.mlp import Stack


def heading(stack: Stack, seeds: Sequence[int]) -> Stack:
    """A direction of chance for each network, as long for each unit as the unit's own weights.

    Li, Xu, Taylor, Studer & Goldstein 2018, "Visualizing the loss landscape of neural nets",
    sec. 4: without that, a network whose weights are large would look flatter than it is. Biases
    stay where they are, as in theirs.
    """
    dice = [torch.Generator().manual_seed(15_485_863 + seed) for seed in seeds]
    weights = []
    for own in stack.weights:
        drawn = torch.stack([torch.randn(own.shape[1:], generator=die) for die in dice])
        drawn = drawn.to(own.device, own.dtype)
        length = own.detach().norm(dim=1, keepdim=True)
        weights.append(drawn / drawn.norm(dim=1, keepdim=True) * length)
    biases = tuple(torch.zeros_like(one) for one in stack.biases)
    return Stack(tuple(weights), biases, stack.activation)


def along(first: Stack, other: Stack, shares: tuple[float, float], x: Tensor, loss: Loss) -> Tensor:
    """The loss on all of `x` of shares[0] first + shares[1] other, (R,)."""
    mixed = torch.tensor([shares] * first.runs, device=x.device, dtype=x.dtype)
    with torch.no_grad():
        return loss(blend([first, other], mixed)(x), everything(first, x))
