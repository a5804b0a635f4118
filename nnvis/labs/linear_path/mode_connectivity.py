"""A curve from one solution to another on which the loss stays low.

Garipov, Izmailov, Podoprikhin, Vetrov & Wilson 2018, "Loss surfaces, mode connectivity, and fast
ensembling of DNNs", sec. 3: a quadratic Bezier curve whose ends are the solutions and whose one
free point is trained on the loss at places drawn evenly along the curve's parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.fit import Loss, batches, gather
from nnvis.labs.training.interpolate import blend
from nnvis.labs.training.stepping import Adam

SLOWEST = 0.05  # times the rate, at the last step


def bezier(t: Tensor) -> Tensor:
    """The shares (R,3) of first end, free point and last end at `t` (R,) in 0..1."""
    return torch.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], 1)


def straight(t: Tensor) -> Tensor:
    """The shares (R,2) of both ends at `t` (R,)."""
    return torch.stack([1 - t, t], 1)


def between(first: Stack, last: Stack) -> Stack:
    """The free points to begin with: the middles of the straight lines."""
    half = torch.full((first.runs,), 0.5, device=first.weights[0].device)
    return blend([first, last], straight(half)).copy()


def bend(
    first: Stack,
    free: Stack,
    last: Stack,
    x: Tensor,
    loss: Loss,
    seeds: Sequence[int],
    *,
    epochs: int,
    batch: int = 64,
    rate: float = 5e-3,
) -> Iterator[int]:
    """Train the free points in place, each network's at places of its own; yields epochs done."""
    own = list(free.parameters())
    optimiser = Adam(own, rate, fused=True)
    dice = [torch.Generator().manual_seed(104729 * seed + 5) for seed in seeds]
    steps = epochs * -(-len(x) // batch)
    done = 0
    for epoch in range(epochs):
        for index in batches(len(x), batch, dice):
            index = index.to(x.device)
            t = torch.cat([torch.rand(1, generator=die) for die in dice]).to(x.device)
            curve = blend([first, free, last], bezier(t))
            optimiser.clear()
            loss(curve(gather(x, index)), index).sum().backward()
            optimiser.step()
            fall = SLOWEST - 1  # of the rate, linear over all steps; from step to step, its share
            optimiser.rate *= 1 + fall / (steps + fall * done)
            done += 1
        yield epoch + 1
