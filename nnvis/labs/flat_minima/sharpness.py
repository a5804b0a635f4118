"""How far the loss rises within a small box around a solution: Keskar's sharpness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.fit import Loss
from nnvis.labs.training.interpolate import flat, shaped
from nnvis.progress import Progress, Steps

EPSILONS = (1e-3, 5e-4)
STEPS = 12

Slope = Callable[[Tensor], tuple[Tensor, Tensor]]  # (R,P) -> loss (R,), its gradient (R,P)


def box(weights: Tensor, epsilon: float) -> Tensor:
    """How far each weight may go: epsilon (|w| + 1), as `weights`."""
    return epsilon * (weights.abs() + 1)


@dataclass(frozen=True)
class Climbed:
    """The highest place found in each network's box."""

    sharpness: Tensor  # (R,) in per cent
    step: Tensor  # (R,P) to there


def climb(slope: Slope, weights: Tensor, epsilon: float, steps: int = STEPS) -> Steps[Climbed]:
    """Return how far the loss rises around each row of `weights` (R,P), and where.

    Keskar, Mudigere, Nocedal, Smelyanskiy & Tang 2017, "On large-batch training for deep
    learning", sec. 2.2.2, metric 2.1 with A the identity: 100 (max f(x + y) - f(x)) / (1 + f(x))
    over the box |y| <= epsilon (|x| + 1). They climb with ten steps of L-BFGS-B; here each step
    goes to where the box allows most along the signs of the gradient, first all the way to a
    corner and then ever less, and the highest point counts. As with theirs, what is found is a
    lower bound of the maximum.
    """
    reach = box(weights, epsilon)
    first, gradient = slope(weights)
    highest, at = first, torch.zeros_like(weights)
    top = at
    for step in range(steps):
        share = 2 * (1 - step / steps)  # 2: from any corner to the one across
        at = (at + share * reach * gradient.sign()).clamp(-reach, reach)
        loss, gradient = slope(weights + at)
        top = torch.where((loss > highest)[:, None], at, top)
        highest = torch.maximum(loss, highest)  # NaN where the loss is
        yield Progress(step + 1, steps, "climbing within the box")
    return Climbed(100 * (highest - first) / (1 + first), top)


def climb_in_subspace(
    slope: Slope, weights: Tensor, epsilon: float, seed: int, dimensions: int = 100
) -> Steps[Tensor]:
    """Return the sharpness (R,) in `dimensions` random directions, metric 2.1 with a random A.

    A (P,dimensions) is the same for all rows; the box is epsilon (|A^+ x| + 1), A^+ the
    pseudo-inverse, and A's columns are as long as those of the identity.
    """
    die = torch.Generator().manual_seed(seed)
    columns = torch.randn(weights.shape[1], dimensions, generator=die, dtype=torch.float64)
    columns = (columns / columns.norm(dim=0)).to(weights)
    home = weights @ torch.linalg.pinv(columns).T  # (R,dimensions)

    def within(rows: Tensor) -> tuple[Tensor, Tensor]:
        loss, gradient = slope(weights + (rows - home) @ columns.T)
        return loss, gradient @ columns

    found = yield from climb(within, home, epsilon)
    return found.sharpness


def everything(stack: Stack, x: Tensor) -> Tensor:
    """The numbers of all samples of `x`, for each network, (R,N)."""
    return torch.arange(x.shape[-2], device=x.device).expand(stack.runs, -1)


def of_stack(stack: Stack, x: Tensor, loss: Loss, epsilon: float) -> Steps[Climbed]:
    """The highest place in each network's box, of the loss on all of `x`.

    In double precision, for in so small a box the loss hardly moves.
    """
    return (yield from climb(_slope_of(stack, x, loss), flat(stack).double(), epsilon))


def in_subspace(stack: Stack, x: Tensor, loss: Loss, epsilon: float, seed: int) -> Steps[Tensor]:
    """The sharpness (R,) of the loss on all of `x` in a hundred random directions."""
    slope = _slope_of(stack, x, loss)
    return (yield from climb_in_subspace(slope, flat(stack).double(), epsilon, seed))


def _slope_of(stack: Stack, x: Tensor, loss: Loss) -> Slope:
    inputs, index = x.double(), everything(stack, x)

    def slope(rows: Tensor) -> tuple[Tensor, Tensor]:
        rows = rows.detach().requires_grad_()
        found = loss(shaped(rows, stack)(inputs), index)
        (gradient,) = torch.autograd.grad(found.sum(), rows)
        return found.detach(), gradient

    return slope
