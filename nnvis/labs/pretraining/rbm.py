"""A stack of R restricted Boltzmann machines, taught by contrastive divergence.

Hinton 2002, "Training products of experts by minimizing contrastive divergence"; Hinton, Osindero
& Teh 2006; settings after Hinton 2010, "A practical guide to training RBMs". Visible units are
binary or the odds of being on (0..1), as pictures of grey are given to them in those papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.training.fit import batches, gather


@dataclass(frozen=True)
class Machines:
    """R machines of V visible and H hidden units."""

    weight: Tensor  # (R,V,H)
    visible: Tensor  # (R,1,V) biases
    hidden: Tensor  # (R,1,H) biases

    def up(self, x: Tensor) -> Tensor:
        """Odds of each hidden unit being on, (R,N,H), for `x`, (R,N,V) or (N,V)."""
        return torch.sigmoid(x @ self.weight + self.hidden)

    def down(self, h: Tensor) -> Tensor:
        """Odds of each visible unit being on, (R,N,V)."""
        return torch.sigmoid(h @ self.weight.transpose(1, 2) + self.visible)


def machines(x: Tensor, hidden: int, seeds: Sequence[int]) -> Machines:
    """Small random weights, and visible biases that alone would give each unit's mean in `x`."""
    dice = [torch.Generator().manual_seed(15485863 + seed) for seed in seeds]
    draws = [torch.randn(x.shape[-1], hidden, generator=die) for die in dice]
    mean = x.mean(-2, keepdim=True).clamp(0.02, 0.98)
    shape = (len(seeds), 1, x.shape[-1])
    return Machines(
        torch.stack(draws).to(x.device) * 0.05,
        torch.logit(mean).expand(shape).clone(),
        torch.zeros(len(seeds), 1, hidden, device=x.device),
    )


def contrast(
    rbm: Machines,
    x: Tensor,
    seeds: Sequence[int],
    *,
    epochs: int = 30,
    batch: int = 32,
    rate: float = 0.1,
    momentum: float = 0.5,
    decay: float = 1e-4,
    steps: int = 1,
) -> Iterator[Tensor]:
    """Teach `rbm` in place by CD-`steps` on `x`, (N,V) or (R,N,V) in 0..1.

    Hidden states are drawn, what they give back stays odds, and the last hidden odds are not drawn
    (Hinton 2010). Yields the mean squared error of reconstruction, (R,), an epoch.
    """
    dice = [torch.Generator().manual_seed(32452843 + seed) for seed in seeds]
    own = (rbm.weight, rbm.visible, rbm.hidden)
    speed = [torch.zeros_like(one) for one in own]
    for _ in range(epochs):
        error, count = torch.zeros(len(seeds), device=x.device), 0
        for index in batches(x.shape[-2], batch, dice):
            data = gather(x, index.to(x.device))
            first = rbm.up(data)
            again, last = data, first
            for _ in range(steps):
                draws = [torch.rand(last.shape[1:], generator=die) for die in dice]
                again = rbm.down((torch.stack(draws).to(x.device) < last).to(x.dtype))
                last = rbm.up(again)
            size = data.shape[1]
            slopes = (
                (data.transpose(1, 2) @ first - again.transpose(1, 2) @ last) / size
                - decay * rbm.weight,
                (data - again).mean(1, keepdim=True),
                (first - last).mean(1, keepdim=True),
            )
            for value, pace, slope in zip(own, speed, slopes, strict=True):
                pace.mul_(momentum).add_(slope, alpha=rate)
                value.add_(pace)
            error += ((data - again) ** 2).mean(-1).sum(1)
            count += size
        yield error / count
