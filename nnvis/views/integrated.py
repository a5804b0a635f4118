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

    Returns:
        (N,C,H,W), signed; its sum is that difference, up to the error of the Gauss-Legendre sum.
    """
    options = options or IntegratedParameters()
    score = ScoreFunction(model, x, layer, unit, cells)
    places, weights = np.polynomial.legendre.leggauss(options.steps)
    away = x - options.baseline
    total = torch.zeros_like(x)
    for done, (place, weight) in enumerate(zip(places, weights, strict=True)):
        yield Progress(done, options.steps)
        total += score.gradient(options.baseline + (1 + place) / 2 * away) * (weight / 2)
    return total * away
