"""A network of 2n + d weights that gives any n pictures any labels at all, without training.

Zhang et al. 2017, theorem 1 and appendix C: c(x) = sum_j w_j max(a.x - b_j, 0). One direction `a`
sets all pictures in a row; the thresholds `b` lie between neighbours, so that one more hidden unit
wakes with every picture, and its weight puts that picture right.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.errors import UserError


@dataclass(frozen=True)
class Interpolator:
    """The finished network, float64."""

    direction: Tensor  # (D,) a
    thresholds: Tensor  # (N,) b
    heights: Tensor  # (N,) w

    @property
    def size(self) -> int:
        """How many weights it has: 2n + d."""
        return self.direction.numel() + self.thresholds.numel() + self.heights.numel()

    def __call__(self, x: Tensor) -> Tensor:
        """The label, a real number, of each row of `x`, (M,D)."""
        along = x.double() @ self.direction
        return torch.relu(along[:, None] - self.thresholds) @ self.heights


def interpolate(x: Tensor, labels: Tensor, seed: int = 0, tries: int = 16) -> Interpolator:
    """The network that answers `labels` (N,) real numbers, on `x` (N,D).

    Of `tries` random directions the one that keeps the closest two pictures furthest apart is
    taken, since the weights grow with one over that distance.

    Raises:
        UserError: two pictures are the same, so no function can tell them apart.
    """
    x, targets = x.double(), labels.double()
    if len(torch.unique(x, dim=0)) < len(x):
        raise UserError("two pictures are the same; leave one of them out, then any labels fit")
    die = torch.Generator().manual_seed(seed)
    directions = torch.randn(tries, x.shape[1], generator=die, dtype=torch.float64)
    directions /= directions.norm(dim=1, keepdim=True)
    gaps = (x @ directions.T).sort(0).values.diff(dim=0).min(0).values
    direction = directions[int(gaps.argmax())]
    along, order = (x @ direction).sort()
    # The first threshold is a step below the first picture, the others are the picture before.
    thresholds = torch.cat([along[:1] - 1.0, along[:-1]])
    slopes = torch.cat([targets[order[:1]], targets[order].diff()]) / (along - thresholds)
    heights = torch.cat([slopes[:1], slopes.diff()])
    return Interpolator(direction, thresholds, heights)
