"""Critical points that Newton's method finds from many moments of training, and a plateau.

Dauphin et al. 2014, sec. 3: critical points are looked for from many points of training and from
noise around them. Nothing is arranged so that the gradient vanishes. Most starts do not come to
rest, which is told: points where Newton's method gives up are no critical points (Frye et al. 2021,
"Critical point-finding methods reveal gradient-flat regions of deep network losses").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from nnvis.labs.saddle_points.newton import rest
from nnvis.labs.saddle_points.surface import LossSurface

FLAT = 1e-6  # an eigenvalue closer to zero has no sign
SAME = 1e-6  # two losses as close are those of one point
AWAKE = 1e-3  # a hidden unit whose weights are shorter says nothing
RATE, MOMENTUM = 0.3, 0.9  # of training over all pictures


@dataclass(frozen=True)
class Critical:
    """A point where the gradient has gone, or one on a way down."""

    at: Tensor  # (P,)
    awake: int  # hidden units whose weights are not all zero
    left: float  # norm of the gradient
    loss: float
    wrong: float  # share (0..1)
    spectrum: Tensor  # (P,) eigenvalues of the Hessian, rising

    @property
    def index(self) -> float:
        """Share (0..1) of the directions in which the loss bends down."""
        return float((self.spectrum < -FLAT).double().mean())


@dataclass(frozen=True)
class Search:
    """What was found from one training."""

    found: tuple[Critical, ...]  # each point once
    way: tuple[Critical, ...]  # the points of training that were set out from
    tried: int  # how often Newton's method set out
    rested: int  # how often it came to rest


def trained(
    surface: LossSurface, places: Sequence[int], die: torch.Generator
) -> list[tuple[int, Tensor]]:
    """Weights (P,) at the epochs `places` of gradient descent from a random point."""
    at = 0.5 * torch.randn(surface.size, generator=die, dtype=torch.float64)
    speed, kept = torch.zeros_like(at), []
    for epoch in range(max(places) + 1):
        if epoch in places:
            kept.append((epoch, at))
        speed = MOMENTUM * speed - RATE * surface.slope(at)
        at = at + speed
    return kept


def look(surface: LossSurface, at: Tensor) -> Critical:
    """What the network is like at `at`."""
    values = torch.linalg.eigvalsh(surface.hessian(at))
    left = float(surface.slope(at).norm())
    return Critical(at, awake(surface, at), left, float(surface.loss(at)), surface.wrong(at),
                    values)  # fmt: skip


def awake(surface: LossSurface, at: Tensor) -> int:
    """How many hidden units have weights."""
    inputs, units, _ = surface.widths
    weights = at[: inputs * units].view(inputs, units)
    return int((weights.norm(dim=0) > AWAKE).sum())


def add_new(found: list[Critical], one: Critical) -> None:
    """Keep a point that has not been found before: signs and order of units make many of each."""
    if all(abs(one.loss - other.loss) > SAME for other in found):
        found.append(one)


def plateau(whole: LossSurface, die: torch.Generator) -> Tensor | None:
    """An exact critical point high up: one unit has learnt, the weights of the others are zero.

    Fukumizu & Amari 2000, "Local minima and plateaus in hierarchical structures of multilayer
    perceptrons": such units feel no gradient, so where the rest is at rest the whole network is.
    Only for leaving it: what is found on such points is built in.
    """
    inputs, _, classes = whole.widths
    few = LossSurface(whole.x, whole.labels, (inputs, 1, classes), whole.decay)
    there = rest(few, descended(few, 0.5 * torch.randn(few.size, generator=die).double()))
    return None if there is None else padded(there, few, whole)


def descended(surface: LossSurface, at: Tensor, steps: int = 800) -> Tensor:
    """Where L-BFGS ends from `at` (P,)."""

    def value(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        there = torch.from_numpy(point.copy())
        return float(surface.loss(there)), surface.slope(there).numpy()

    options = {"maxiter": steps, "maxfun": 2 * steps, "gtol": 1e-6, "ftol": 0.0, "maxcor": 30}
    end = minimize(value, at.numpy(), jac=True, method="L-BFGS-B", options=options)
    return torch.from_numpy(np.asarray(end.x, np.float64))


def padded(at: Tensor, few: LossSurface, whole: LossSurface) -> Tensor:
    """The weights `at` of `few` hidden units as those of `whole`, its other units asleep."""
    inputs, awake_units, classes = few.widths
    units = whole.widths[1]
    parts = at.split((inputs * awake_units, awake_units, awake_units * classes, classes))
    wide = torch.zeros(inputs, units, dtype=at.dtype)
    wide[:, :awake_units] = parts[0].view(inputs, awake_units)
    biases = torch.zeros(units, dtype=at.dtype)
    biases[:awake_units] = parts[1]
    below = torch.zeros(units, classes, dtype=at.dtype)
    below[:awake_units] = parts[2].view(awake_units, classes)
    return torch.cat([wide.flatten(), biases, below.flatten(), parts[3]])
