"""Newton's method to where the gradient is gone, and four ways down from a plateau.

Dauphin et al. 2014, "Identifying and attacking the saddle point problem in high-dimensional
non-convex optimization", arXiv 1406.2572, algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from nnvis.labs.saddle_points.lanczos import krylov
from nnvis.labs.saddle_points.surface import LossSurface

LONGEST = 1.0  # of a step towards a critical point: far off, Newton's method leaps anywhere
REST = 1e-8  # norm of the gradient where it counts as gone
DAMPING = tuple(10.0**power for power in range(0, -7, -1))  # tried at every step
KRYLOV = 20  # dimensions of the space in which large Hessians are looked at


def rest(surface: LossSurface, at: Tensor, steps: int = 60) -> Tensor | None:
    """Solve gradient = 0 from `at` (P,) by Newton's method; None if it does not come to rest.

    It is drawn to minima, maxima and saddles alike, whatever lies near.
    """
    for _ in range(steps):
        slope = surface.slope(at)
        if float(slope.norm()) <= REST:
            return at
        step, failed = torch.linalg.solve_ex(surface.hessian(at), slope)
        if int(failed) or not bool(step.isfinite().all()):
            return None
        at = at - step * min(1.0, LONGEST / float(step.norm()))
    return at if float(surface.slope(at).norm()) <= REST else None


def newton(surface: LossSurface, at: Tensor, steps: int, *, free: bool) -> Iterator[Tensor]:
    """Step down by Newton's method, damped; `free` of saddles: |H| in the place of H.

    Of the dampings the one that lowers the loss most is taken anew at every step, even if the best
    still climbs: there is no line search.
    """
    for _ in range(steps):
        values, vectors = torch.linalg.eigh(surface.hessian(at))
        along = vectors.T @ surface.slope(at)
        at = _best_damped(surface, at, vectors, along, values.abs() if free else values)
        yield at


def krylov_newton(surface: LossSurface, at: Tensor, steps: int) -> Iterator[Tensor]:
    """Saddle-free Newton in the Krylov space of the gradient: for networks too large for H.

    Algorithm 1 of the paper: the Hessian is replaced by |V H V^T| in the space, and of the steps
    there by several dampings the best is taken.
    """
    for _ in range(steps):
        slope = surface.slope(at)
        basis, cut = krylov(surface, at, slope, min(KRYLOV, surface.size))
        values, vectors = torch.linalg.eigh(cut)
        along = vectors.T @ (basis @ slope)
        at = _best_damped(surface, at, basis.T @ vectors, along, values.abs())
        yield at


def _best_damped(
    surface: LossSurface, at: Tensor, directions: Tensor, along: Tensor, curved: Tensor
) -> Tensor:
    """The step of those by all dampings that ends lowest, even if that climbs."""
    tried = [at - directions @ (along / (curved + damping)) for damping in DAMPING]
    losses = torch.stack([surface.loss(one) for one in tried]).nan_to_num(torch.inf)
    return tried[int(losses.argmin())]


def gradient(
    surface: LossSurface, at: Tensor, steps: int, die: torch.Generator, *, rate: float, batch: int
) -> Iterator[Tensor]:
    """Stochastic gradient descent, `batch` pictures drawn by chance a step."""
    for _ in range(steps):
        taken = torch.randint(len(surface.labels), (batch,), generator=die)
        at = at - rate * surface.among(taken).slope(at)
        yield at
