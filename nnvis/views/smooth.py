"""SmoothGrad: the mean gradient over noisy copies of the picture."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.registry import SmoothParameters
from nnvis.views.request import Cells
from nnvis.views.slow_common import ScoreFunction


def smoothgrad(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "map",
    options: SmoothParameters | None = None,
) -> Steps[Tensor]:
    """Return (N,C,H,W), signed (Smilkov et al. 2017, sec. 3; the default noise is theirs)."""
    options = options or SmoothParameters()
    score = ScoreFunction(model, x, layer, unit, cells)
    generator = torch.Generator().manual_seed(options.random_seed)
    total = torch.zeros_like(x)
    for done in range(options.samples):
        yield Progress(done, options.samples)
        noise = torch.randn(x.shape, generator=generator).to(x)
        total += score.gradient(x + options.noise * noise)
    return total / options.samples
