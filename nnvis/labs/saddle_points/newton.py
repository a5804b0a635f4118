"""Newton's method to where the gradient is gone, and three ways down from a plateau.

Dauphin et al. 2014, "Identifying and attacking the saddle point problem in high-dimensional
non-convex optimization", arXiv 1406.2572, sec. 4 and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from nnvis.labs.saddle_points.surface import LossSurface

LONGEST = 1.0  # of a step towards a critical point: far off, Newton's method leaps anywhere
REST = 1e-5  # share of the gradient at the beginning that may be left
DAMPING = tuple(10.0**power for power in range(0, -7, -1))  # tried at every step, as in the paper


def rest(surface: LossSurface, at: Tensor, steps: int = 15) -> Tensor | None:
    """Solve gradient = 0 from `at` (P,) by Newton's method; None if it does not come to rest.

    It is drawn to minima, maxima and saddles alike, whatever lies near.
    """
    slope = surface.slope(at)
    start = norm = float(slope.norm())
    for _ in range(steps):
        if norm <= 0.1 * REST * start:
            break
        step, failed = torch.linalg.solve_ex(surface.hessian(at), slope)
        if int(failed):
            return None
        at = at - step * min(1.0, LONGEST / float(step.norm()))
        slope = surface.slope(at)
        norm = float(slope.norm())
    return at if norm <= REST * start else None


def newton(surface: LossSurface, at: Tensor, steps: int, *, free: bool) -> Iterator[Tensor]:
    """Step down by Newton's method, damped; `free` of saddles: |H| in the place of H.

    Of the dampings the one that lowers the loss most is taken anew at every step, even if the best
    still climbs: there is no line search.
    """
    for _ in range(steps):
        values, vectors = torch.linalg.eigh(surface.hessian(at))
        along = vectors.T @ surface.slope(at)
        values = values.abs() if free else values
        tried = [at - vectors @ (along / (values + damping)) for damping in DAMPING]
        losses = torch.stack([surface.loss(one) for one in tried]).nan_to_num(torch.inf)
        at = tried[int(losses.argmin())]
        yield at


def gradient(
    surface: LossSurface, at: Tensor, steps: int, die: torch.Generator, *, rate: float, batch: int
) -> Iterator[Tensor]:
    """Stochastic gradient descent, `batch` pictures drawn by chance a step."""
    for _ in range(steps):
        taken = torch.randint(len(surface.labels), (batch,), generator=die)
        part = LossSurface(surface.x[taken], surface.labels[taken], surface.widths, surface.decay)
        at = at - rate * part.slope(at)
        yield at
