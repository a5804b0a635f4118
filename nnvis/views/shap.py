"""Gradient SHAP: gradients at random points between random plain pictures and this one."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.registry import ShapParameters
from nnvis.views.request import Cells
from nnvis.views.slow_common import ScoreFunction


def gradient_shap(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "map",
    options: ShapParameters | None = None,
    baselines: Tensor | None = None,
) -> Steps[Tensor]:
    """Estimate the SHAP values of the pixels (Lundberg & Lee 2017, as in the `shap` package).

    Args:
        model: the network.
        x: (N,C,H,W) in [0,1].
        layer: of the unit.
        unit: from 0.
        cells: see `cells_gradient`.
        options: what can be set.
        baselines: (M,C,H,W), from which to draw; black, grey and white without.

    Returns:
        (N,C,H,W), signed: the mean of (picture - baseline) x gradient. The last step tells the
        standard error of that mean.
    """
    options = options or ShapParameters()
    if baselines is None:
        baselines = torch.tensor([0.0, 0.5, 1.0]).to(x).view(3, 1, 1, 1).expand(3, *x.shape[1:])
    score = ScoreFunction(model, x, layer, unit, cells)
    generator = torch.Generator().manual_seed(options.random_seed)
    total, squares = torch.zeros_like(x), torch.zeros_like(x)
    for done in range(options.samples):
        yield Progress(done, options.samples)
        noisy = x + options.noise * torch.randn(x.shape, generator=generator).to(x)
        chosen = torch.randint(len(baselines), (len(x),), generator=generator)
        away = noisy - baselines[chosen.to(baselines.device)]
        part = torch.rand((len(x), 1, 1, 1), generator=generator).to(x)
        shares = score.gradient(noisy - part * away) * away
        total += shares
        squares += shares.square()
    count = options.samples
    mean = total / count
    yield Progress(count, count, _note(mean, squares / count, count))
    return mean


def _note(mean: Tensor, square: Tensor, count: int) -> str:
    """Say how sure the mean is: the length of its standard error over its own."""
    if count < 2:
        return "one sample: nothing tells its error"
    error = ((square - mean.square()).clamp(min=0) / (count - 1)).sum().sqrt()
    share = float(error / mean.square().sum().sqrt().clamp(min=1e-12))
    return f"sampling error {share:.0%} of its length, from {count} samples"
