"""SmoothGrad: the mean gradient over noisy copies of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.request import Seed
from nnvis.views.slow_common import ScoreFunction, option


@dataclass(frozen=True, slots=True)
class Smooth:
    """What can be set."""

    samples: int = option(25, "noisy copies", 1, 1000)
    noise: float = option(0.15, "standard deviation of the noise, in pixel values", 0.0, 1.0)
    random_seed: int = option(0, "start of the random numbers", 0, 2**31 - 1)


def smoothgrad(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    seed: Seed = "map",
    options: Smooth | None = None,
) -> Steps[Tensor]:
    """Return (N,C,H,W), signed (Smilkov et al. 2017, sec. 3; the default noise is theirs)."""
    options = options or Smooth()
    score = ScoreFunction(model, x, layer, unit, seed)
    generator = torch.Generator().manual_seed(options.random_seed)
    total = torch.zeros_like(x)
    for done in range(options.samples):
        yield Progress(done, options.samples)
        noise = torch.randn(x.shape, generator=generator).to(x)
        total += score.gradient(x + options.noise * noise)
    return total / options.samples
