"""Critical points of a network, found from the ways down of smaller ones.

Fukumizu & Amari 2000, "Local minima and plateaus in hierarchical structures of multilayer
perceptrons": hidden units whose weights are all zero feel no gradient, so where the rest is at
rest the whole network is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

from nnvis.labs.saddle_points.newton import rest
from nnvis.labs.saddle_points.surface import LossSurface

FLAT = 1e-6  # an eigenvalue closer to zero has no sign
LEVELS = (1e-2, 1e-3, 1e-5)  # of the gradient's norm, at which Newton's method sets out
SAME = 1e-6  # two losses as close are those of one point


@dataclass(frozen=True)
class Critical:
    """A point of the whole network where the gradient has gone, or one on a way down."""

    at: Tensor  # (P,)
    awake: int  # hidden units whose weights are not zero
    left: float  # norm of the gradient, as a share of that where Newton's method began
    loss: float
    wrong: float  # share (0..1)
    spectrum: Tensor  # (P,) eigenvalues of the Hessian, rising

    @property
    def index(self) -> float:
        """Share (0..1) of the directions in which the loss bends down."""
        return float((self.spectrum < -FLAT).double().mean())


@dataclass(frozen=True)
class Search:
    """What was found with some of the units awake."""

    found: tuple[Critical, ...]  # each point once
    tried: int  # how often Newton's method set out
    rested: int  # how often it came to rest
    way: tuple[Tensor, ...]  # the points of the walk, (P of the awake,) each


def search(whole: LossSurface, awake: int, die: torch.Generator) -> Search:
    """Walk down with `awake` units from a random point; set out for rest from that way."""
    inputs, _, classes = whole.widths
    few = LossSurface(whole.x, whole.labels, (inputs, awake, classes), whole.decay)
    way = walk(few, 0.5 * torch.randn(few.size, generator=die, dtype=torch.float64))
    norms = [float(few.slope(one).norm()) for one in way]
    last = len(way) - 1
    # Without hidden units there is one valley only, and its bottom is near enough from the top.
    reached = (next((i for i, norm in enumerate(norms) if norm <= low), last) for low in LEVELS)
    begun = sorted(set(reached)) if awake else [0]
    found: list[Critical] = []
    rested = 0
    for place in begun:
        there = rest(few, way[place])
        if there is None:
            continue
        rested += 1
        loss = float(few.loss(there))
        if all(abs(loss - one.loss) > SAME for one in found):
            found.append(look(whole, padded(there, few, whole), awake, norms[place]))
    return Search(tuple(found), len(begun), rested, tuple(way))


def walk(surface: LossSurface, at: Tensor, steps: int = 800) -> list[Tensor]:
    """The way from `at` (P,) downhill by L-BFGS: every point it came by."""
    way = [at]

    def value(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        there = torch.from_numpy(point.copy())
        return float(surface.loss(there)), surface.slope(there).numpy()

    def keep(point: NDArray[np.float64]) -> None:
        way.append(torch.from_numpy(point.copy()))

    options = {"maxiter": steps, "maxfun": 2 * steps, "gtol": 1e-6, "ftol": 0.0, "maxcor": 30}
    minimize(value, at.numpy(), jac=True, method="L-BFGS-B", callback=keep, options=options)
    return way


def padded(at: Tensor, few: LossSurface, whole: LossSurface) -> Tensor:
    """The weights `at` of `few` hidden units as those of `whole`, its other units asleep."""
    inputs, awake, classes = few.widths
    units = whole.widths[1]
    first, bias, second, last = at.split((inputs * awake, awake, awake * classes, classes))
    wide = torch.zeros(inputs, units, dtype=at.dtype)
    wide[:, :awake] = first.view(inputs, awake)
    biases = torch.zeros(units, dtype=at.dtype)
    biases[:awake] = bias
    below = torch.zeros(units, classes, dtype=at.dtype)
    below[:awake] = second.view(awake, classes)
    return torch.cat([wide.flatten(), biases, below.flatten(), last])


def look(whole: LossSurface, at: Tensor, awake: int, start: float) -> Critical:
    """What the whole network is like at `at`, its gradient measured against `start`."""
    values = torch.linalg.eigvalsh(whole.hessian(at))
    left = float(whole.slope(at).norm()) / start
    return Critical(at, awake, left, float(whole.loss(at)), whole.wrong(at), values)
