"""The regularisers of Yosinski et al. 2015, sec. 4, for pictures less their grey."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.featurevis.parameters import FeatureParameters


def regularise(x: Tensor, slope: Tensor, parameters: FeatureParameters, step: int) -> Tensor:
    """(N,C,H,W) -> the same after decay, blur and the two ways to empty pixels, in that order.

    Args:
        x: pixels less grey, after the step.
        slope: of the target at `x`.
        parameters: which of them to apply.
        step: from 0; the blur is due every `blur_every` of them.
    """
    if parameters.decay:
        x = x * (1 - parameters.decay)
    if parameters.blur and parameters.blur_every and step % parameters.blur_every == 0:
        x = blur(x, parameters.blur)
    if parameters.small_norm:
        x = _keep_above(x, x.norm(dim=1, keepdim=True), parameters.small_norm)
    if parameters.benefit:
        # To first order, what the target would lose without the pixel.
        x = _keep_above(x, (-x * slope).sum(1, keepdim=True).abs(), parameters.benefit)
    return x


def blur(x: Tensor, deviation: float) -> Tensor:
    """Convolve each channel with a Gaussian; the border is mirrored."""
    reach = min(max(1, int(4 * deviation + 0.5)), x.shape[2] - 1, x.shape[3] - 1)
    at = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-at.square() / (2 * deviation**2))
    kernel = kernel / kernel.sum()
    channels = x.shape[1]
    padded = functional.pad(x, (reach,) * 4, mode="reflect")
    rows = functional.conv2d(padded, kernel.repeat(channels, 1, 1, 1), groups=channels)
    columns = kernel[:, None].repeat(channels, 1, 1, 1)
    return functional.conv2d(rows, columns, groups=channels)


def _keep_above(x: Tensor, measure: Tensor, percentile: float) -> Tensor:
    limit = torch.quantile(measure.flatten(1), percentile / 100, dim=1)
    return x * (measure >= limit[:, None, None, None])
