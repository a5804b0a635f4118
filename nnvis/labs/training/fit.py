"""Training a stack of networks: every network sees its own shuffled batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.stepping import Adam, Sgd, Stepper

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class TrainingParameters:
    """How a stack is trained."""

    epochs: int = 30
    batch: int = 32
    rate: float = 0.1
    method: str = "sgd"  # or "adam"
    momentum: float = 0.0
    decay: float = 0.0  # added to the gradient, as weight decay was in the papers
    dropout: float = 0.0  # share of hidden units
    settle: float = 0.0  # share of the epochs, the last, over which the rate falls to nothing

    def rate_in(self, epoch: int) -> float:
        """The learning rate of an epoch, from 0: linear to nearly zero while it settles."""
        falling = self.settle * self.epochs
        left = self.epochs - epoch
        return self.rate if left > falling else self.rate * (left - 0.5) / falling


def fit(
    stack: Stack,
    x: Tensor,
    loss: Loss,
    training: TrainingParameters,
    seeds: Sequence[int],
    *,
    change: Callable[[Tensor], Tensor] | None = None,
    after: Callable[[], None] | None = None,
) -> Iterator[int]:
    """Train `stack` in place on `x`, (N,D) or (R,N,D); yields the number of epochs done.

    `loss` takes the logits (R,B,K) and which samples they are of, (R,B), and gives the loss of
    each network, (R,); a network whose loss is not a number leaves the others as they are.
    `change` alters a batch before it is used, `after` runs after each step. Dropout is drawn by
    the global generator, which is seeded here and put back at the end of each epoch.
    """
    own = list(stack.parameters())
    optimiser = _optimiser(own, training)
    dice = [torch.Generator().manual_seed(7919 * seed + 1) for seed in seeds]
    noise = torch.Generator().manual_seed(sum(seeds) + 17).get_state()
    for epoch in range(training.epochs):
        optimiser.rate = training.rate_in(epoch)
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(noise)
            for index in batches(x.shape[-2], training.batch, dice):
                index = index.to(x.device)
                taken = gather(x, index)
                logits = stack(change(taken) if change else taken, dropout=training.dropout)
                optimiser.clear()
                loss(logits, index).sum().backward()
                optimiser.step()
                if after:
                    after()
            noise = torch.get_rng_state()
        yield epoch + 1


def batches(count: int, size: int, dice: Sequence[torch.Generator]) -> Iterator[Tensor]:
    """Indices (R,B) of one epoch, shuffled by each network's own generator; the rest comes last."""
    order = torch.stack([torch.randperm(count, generator=die) for die in dice])
    yield from order.split(size, dim=1)


def gather(x: Tensor, index: Tensor) -> Tensor:
    """The samples `index` (R,B) of `x`, which all networks share or which is (R,N,...)."""
    if x.ndim == 2:  # row by row: several times as fast as any other way to index
        return x.index_select(0, index.flatten()).view(*index.shape, -1)
    return x[torch.arange(len(x), device=x.device)[:, None], index]


def labelled(labels: Tensor) -> Loss:
    """Cross-entropy with `labels`, (N,) for all or (R,N)."""

    def loss(logits: Tensor, index: Tensor) -> Tensor:
        targets = labels[index] if labels.ndim == 1 else labels.gather(1, index)
        return (
            cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
            .view(targets.shape)
            .mean(1)
        )

    return loss


def accuracy(stack: Stack, x: Tensor, labels: Tensor) -> Tensor:
    """Share of samples (0..1) that each network gets right, (R,); NaN where it gives no numbers."""
    with torch.no_grad():
        logits = stack(x)
    right = (logits.argmax(-1) == labels).float().mean(1)
    return torch.where(logits.isfinite().flatten(1).all(1), right, torch.nan)


def _optimiser(own: list[Tensor], training: TrainingParameters) -> Stepper:
    """Both rules work value by value, so that a stack is trained as its networks would be alone."""
    if training.method == "adam":
        return Adam(own, training.rate, decay=training.decay, fused=True)
    return Sgd(own, training.rate, momentum=training.momentum, decay=training.decay, fused=True)
