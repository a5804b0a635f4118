"""The criterion of an attack: away from a class, or to another."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Criterion:
    """Away from `label`, or, where there is a `target`, to it."""

    label: Tensor  # (N,) int64
    target: Tensor | None = None  # (N,) int64

    def margin(self, logits: Tensor) -> Tensor:
        """(N,K) -> (N,): how far from the goal in logits; below 0 the top class is the goal's.

        This is f of Carlini & Wagner 2017, sec. IV.A (their f6), without the maximum with 0.
        """
        own, others = self._split(logits)
        lead = own - others.amax(1)
        return lead if self.target is None else -lead

    def loss(self, logits: Tensor) -> Tensor:
        """(N,K) -> (N,): the log-odds of the class in question; to be made small.

        Its gradient is that of the cross-entropy divided by 1 - p, so that it points the same
        way but does not vanish where the softmax saturates.
        """
        own, others = self._split(logits)
        odds = own - others.logsumexp(1)
        return odds if self.target is None else -odds

    def margin_and_slope(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """(N,K) -> the margin, (N,), and the gradient of the summed loss, (N,K), in one go.

        The gradient of the log-odds by hand is 1 for the class in question and minus the softmax
        among the others for these: the same operations as autograd's, with less around them.
        """
        own, others = self._split(logits)
        lead = own - others.amax(1)
        slope = (others - others.logsumexp(1, keepdim=True)).exp_().neg_()
        slope.scatter_(1, self._which, 1.0)
        return (lead, slope) if self.target is None else (-lead, slope.neg_())

    def reached(self, logits: Tensor) -> Tensor:
        """(N,K) -> (N,) bool."""
        return self.margin(logits) < 0

    def pick(self, which: Tensor) -> Criterion:
        """Return the goal of some of the pictures; `which` is an index or a mask."""
        return Criterion(self.label[which], None if self.target is None else self.target[which])

    def repeat(self, times: int) -> Criterion:
        """Return the goal of `times` copies of the batch, one after another."""
        target = None if self.target is None else self.target.repeat(times)
        return Criterion(self.label.repeat(times), target)

    def _split(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Return the score of the class in question, and all scores with that one at -inf."""
        which = self._which
        return logits.gather(1, which)[:, 0], logits.scatter(1, which, -math.inf)

    @property
    def _which(self) -> Tensor:
        """The class in question, (N,1)."""
        return (self.label if self.target is None else self.target)[:, None]
