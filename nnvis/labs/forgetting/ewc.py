"""Elastic weight consolidation: springs that hold weights where earlier tasks left them.

Kirkpatrick et al. 2017, eq. 3: the loss gets lambda/2 sum_i F_i (w_i - w*_i)^2, one such penalty a
task. Huszar 2018 (PNAS 115, E2496) argues that this counts early tasks more than once, and for one
penalty, centred at the latest optimum, whose stiffness is the sum: `latest`. Either way the
springs of all tasks add up to one, so memory does not grow with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from nnvis.labs.training.batched_mlp import Stack


@dataclass
class Anchor:
    """The springs of all tasks so far: stiffness, and stiffness times where they hold."""

    latest: bool = False  # all springs hold at the latest optimum
    stiff: list[Tensor] = field(default_factory=list)
    pulled: list[Tensor] = field(default_factory=list)

    def add(self, stack: Stack, importance: tuple[Tensor, ...]) -> None:
        """Hold the weights where they are now, each by its `importance` (zero: not at all)."""
        if not self.stiff:
            self.stiff = [torch.zeros_like(one) for one in importance]
            self.pulled = [torch.zeros_like(one) for one in importance]
        for place, (weight, strength) in enumerate(
            zip(stack.parameters(), importance, strict=True)
        ):
            self.stiff[place] += strength
            if self.latest:
                self.pulled[place] = self.stiff[place] * weight.detach()
            else:
                self.pulled[place] += strength * weight.detach()

    def pull(self, stack: Stack, rate: float, strength: float) -> None:
        """One step of the springs, in place, after a step of the loss at the same `rate`.

        The step is implicit (proximal): it lands where the springs' own minimum and the present
        weights balance. The explicit step diverges as soon as rate * strength * F passes 2,
        which a few weights always do.
        """
        if not self.stiff:
            return
        with torch.no_grad():
            for weight, stiff, pulled in zip(
                stack.parameters(), self.stiff, self.pulled, strict=True
            ):
                weight.add_(pulled * (rate * strength)).div_(1 + stiff * (rate * strength))

    def energy(self, stack: Stack) -> Tensor:
        """What the springs add to the loss at strength 1, up to a constant, (R,)."""
        parts = [
            (stiff / 2 * weight**2 - pulled * weight).flatten(1).sum(1)
            for weight, stiff, pulled in zip(
                stack.parameters(), self.stiff, self.pulled, strict=True
            )
        ]
        return torch.stack(parts).sum(0)
