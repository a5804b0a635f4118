"""Integrated gradients: the gradient along the straight way from a plain picture to this one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.registry import IntegratedParameters
from nnvis.views.request import Cells
from nnvis.views.slow_common import ScoreFunction

GAP = 0.01  # of the difference, that the shares may miss it by
MOST = 1000  # points
MORE = 4  # times as many, where they were too few
_NONE = 1e-12  # a difference that is none


def integrated_gradients(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "map",
    options: IntegratedParameters | None = None,
) -> Steps[Tensor]:
    """Share out the unit's difference between picture and baseline (Sundararajan et al. 2017).

    Where the shares miss the difference by more than `GAP` of it, more points are taken, and again.
    The last step tells by how much they miss it.

    Returns:
        (N,C,H,W), signed; its sum is that difference, up to the error of the Gauss-Legendre sum.
    """
    options = options or IntegratedParameters()
    score = ScoreFunction(model, x, layer, unit, cells)
    plain = torch.full_like(x, options.baseline)
    difference = score.value(x) - score.value(plain)
    points = options.steps
    while True:
        shares = yield from _integrate(score, plain, x, points)
        missing = shares.flatten(1).sum(1) - difference
        gap = float((missing.abs() / difference.abs().clamp(min=_NONE)).max())
        if gap <= GAP or not options.complete or MORE * points > MOST:
            break
        points *= MORE
    yield Progress(points, points, _note(gap, points))
    return shares


def _integrate(score: ScoreFunction, plain: Tensor, x: Tensor, points: int) -> Steps[Tensor]:
    places, weights = np.polynomial.legendre.leggauss(points)
    away = x - plain
    total = torch.zeros_like(x)
    for done, (place, weight) in enumerate(zip(places, weights, strict=True)):
        yield Progress(done, points)
        total += score.gradient(plain + (1 + place) / 2 * away) * (weight / 2)
    return total * away


def _note(gap: float, points: int) -> str:
    """Say how far the shares are from adding up."""
    if gap > 1:
        return f"the shares do not add up to the difference at all, at {points} points"
    short = "" if gap <= GAP else ", which is too far: the path is steeper than that"
    return f"the shares miss the difference by {gap:.1%}, at {points} points{short}"
