"""L-BFGS within a box, an evaluation at a time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from nnvis.progress import Progress, Steps

MEMORY = 10  # pairs of moves and changes of slope
_SUFFICIENT = 1e-4  # share of the predicted fall that a step must reach (Armijo)
_HALVINGS = 12

# A move and the change of slope on it, flat, with both products of the change: with either.
_Pair = tuple[Tensor, Tensor, Tensor, Tensor]


def minimise_in_box(
    evaluate: Callable[[Tensor], tuple[float, Tensor]],
    start: Tensor,
    low: float,
    high: float,
    iterations: int,
    tolerance: float = 1e-6,
) -> Steps[Tensor]:
    """Minimise a smooth function over low <= x <= high.

    Projected quasi-Newton steps: values that stand at a bound against which the slope pushes are
    held (Bertsekas 1982), the others follow L-BFGS (Nocedal & Wright 2006, algorithm 7.4) with
    backtracking along the projected path.

    Args:
        evaluate: x -> value and slope.
        start: within the box, of any shape.
        low: of every value.
        high: of every value.
        iterations: at most so many steps.
        tolerance: ends where no free slope is larger, or where a step promises less than one
            digit of the value.

    Returns:
        The best x, shaped as `start`.
    """
    x = start
    value, slope = evaluate(x)
    pairs: deque[_Pair] = deque(maxlen=MEMORY)
    for done in range(iterations):
        yield Progress(done, iterations, f"loss {value:.4g}")
        held = ((x <= low) & (slope > 0)) | ((x >= high) & (slope < 0))
        free = slope.masked_fill(held, 0)
        peak = float(free.abs().max())
        if not peak > tolerance:
            break
        heading = _heading(free, pairs).masked_fill(held, 0)
        fall = float((heading * free).sum())
        if not fall < 0:
            pairs.clear()
            heading, fall = -free, -float(free.square().sum())
        # The first step of all has no scale yet: let it move the steepest value by a tenth.
        length = 1.0 if pairs else 0.1 * (high - low) / peak
        if -length * fall <= torch.finfo(x.dtype).eps * abs(value) < math.inf:
            break  # less than the value has digits for: steps would only be halved
        for _ in range(_HALVINGS):
            place = (x + length * heading).clamp(low, high)
            new_value, new_slope = evaluate(place)
            yield Progress(done, iterations, f"loss {value:.4g}")
            if new_value <= value + _SUFFICIENT * float((slope * (place - x)).sum()):
                break
            length /= 2
        else:
            if not pairs:
                break
            pairs.clear()  # what it remembers has misled it: once more along the slope
            continue
        move, change = (place - x).flatten(), (new_slope - slope).flatten()
        along, size = torch.dot(move, change), torch.dot(change, change)
        if float(along) > 1e-10 * float(size):
            pairs.append((move, change, along, size))
        x, value, slope = place, new_value, new_slope
    return x


def _heading(slope: Tensor, pairs: deque[_Pair]) -> Tensor:
    """Return minus the inverse Hessian, as far as it is known, times `slope`."""
    heading = -slope.flatten()
    weights: list[Tensor] = []
    for move, change, along, _ in reversed(pairs):
        weights.append(torch.dot(move, heading) / along)
        heading = torch.addcmul(heading, weights[-1], change, value=-1)
    if pairs:
        _, _, along, size = pairs[-1]
        heading = heading * (along / size)
    for move, change, along, _ in pairs:
        back = torch.dot(change, heading) / along
        heading = torch.addcmul(heading, weights.pop() - back, move)
    return heading.view(slope.shape)
