"""One step of training: plain, with weight decay, with flat minimum search, and of SAM."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.labs.flat_minima.flat_minimum_search import precision
from nnvis.labs.flat_minima.train_to_loss import Move
from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.fit import Loss
from nnvis.labs.training.stepping import Adam


def descend(
    stack: Stack, loss: Loss, rate: float, *, decay: float = 0.0, strength: float = 0.0
) -> Move:
    """Adam on the loss, plus decay/2 |w|^2, plus `strength` times `flatten.precision`.

    `strength` is the lambda of Hochreiter & Schmidhuber 1997 times the number of weights, so that
    one value fits networks of several sizes; it stays as it is, where theirs adapts.
    """
    own = list(stack.parameters())
    optimiser = Adam(own, rate, decay=decay, fused=True)

    def move(x: Tensor, index: Tensor) -> None:
        cost = loss(stack(x), index)
        if strength:
            cost = cost + strength * precision(stack, x)
        optimiser.clear()
        cost.sum().backward()
        optimiser.step()

    return move


def sharpness_aware(stack: Stack, loss: Loss, rate: float, *, rho: float) -> Move:
    """Adam with the slope found a step of length `rho` uphill.

    Foret, Kleiner, Mobahi & Neyshabur 2021, "Sharpness-aware minimization", algorithm 1, p = 2:
    the climb is rho g / |g| on the same batch, the descent goes from where it began.
    """
    own = list(stack.parameters())
    optimiser = Adam(own, rate, fused=True)

    def move(x: Tensor, index: Tensor) -> None:
        uphill = climb_of(stack, loss, x, index, rho)
        with torch.no_grad():
            for one, step in zip(own, uphill, strict=True):
                one.add_(step)
        optimiser.clear()
        loss(stack(x), index).sum().backward()
        with torch.no_grad():
            for one, step in zip(own, uphill, strict=True):
                one.sub_(step)
        optimiser.step()

    return move


def climb_of(stack: Stack, loss: Loss, x: Tensor, index: Tensor, rho: float) -> list[Tensor]:
    """The step of length `rho` along each network's own gradient, as the stack's parameters."""
    slopes = torch.autograd.grad(loss(stack(x), index).sum(), stack.parameters())
    length = sum(one.square().sum((1, 2), keepdim=True) for one in slopes)
    return [rho * one / (torch.as_tensor(length).sqrt() + 1e-12) for one in slopes]
