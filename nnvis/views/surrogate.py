"""A linear model in the network's place, of parts of the picture that are there or not: captum's.

Ribeiro et al. 2016 (LIME); Lundberg & Lee 2017, sec. 4.1 (Kernel SHAP).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.models.vision import VisionModel
from nnvis.progress import Steps
from nnvis.views.registry import KernelShapParameters, LimeParameters, SurrogateParameters
from nnvis.views.request import Cells
from nnvis.views.slow_common import ScoreFunction
from nnvis.views.stepped_call import stepped_call

_TOGETHER = 16  # pictures that pass at a time
Explain = Callable[[Any, Callable[[Tensor], Tensor]], Any]


def kernel_shap(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "sum",
    options: KernelShapParameters | None = None,
) -> Steps[Tensor]:
    """Estimate the Shapley values of parts of the picture, by weighted least squares.

    Args:
        model: the network.
        x: (N,C,H,W) in [0,1].
        layer: of the unit.
        unit: from 0.
        cells: which cells count; "map" and "sum": all of them.
        options: what can be set.

    Returns:
        (N,1,H,W), signed: at each pixel the value of the part that it belongs to.

    Raises:
        UserError: captum is not installed, or there are more parts than samples.
    """
    options = options or KernelShapParameters()

    def explain(attr: Any, function: Callable[[Tensor], Tensor]) -> Any:
        return attr.KernelShap(function)

    return (yield from _explained(model, x, layer, unit, cells, options, explain))


def lime(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "sum",
    options: LimeParameters | None = None,
) -> Steps[Tensor]:
    """As `kernel_shap`: a linear model, near the picture, whose weights may be held small."""
    options = options or LimeParameters()
    penalty = options.penalty

    def explain(attr: Any, function: Callable[[Tensor], Tensor]) -> Any:
        linear = importlib.import_module("captum._utils.models.linear_model")
        kind = linear.SkLearnLasso(alpha=penalty) if penalty else linear.SkLearnLinearRegression()
        return attr.Lime(function, interpretable_model=kind)

    return (yield from _explained(model, x, layer, unit, cells, options, explain))


def _explained(
    model: VisionModel,
    x: Tensor,
    layer: str,
    unit: int,
    cells: Cells,
    options: SurrogateParameters,
    explain: Explain,
) -> Steps[Tensor]:
    require("explain", "a linear model in place of the network")
    attr = importlib.import_module("captum.attr")
    found = []
    for picture in x.split(1):
        parts = _parts(picture, options)
        count = int(parts.max()) + 1
        if count < 2:
            raise UserError("the picture is one superpixel only; set more parts across, or squares")
        if options.samples <= count:
            raise UserError(
                f"{options.samples} samples are too few for the {count} parts of the picture; "
                f"set samples above {count}, or fewer parts across"
            )
        score = ScoreFunction(model, picture, layer, unit, "sum" if cells == "map" else cells)
        plain = torch.full_like(picture, options.fill)

        def run(function: Callable[[Tensor], Tensor], given: tuple[Tensor, ...]) -> Tensor:
            one, mask, fill = given
            values: Tensor = explain(attr, function).attribute(
                one, baselines=fill, feature_mask=mask, n_samples=options.samples,
                perturbations_per_eval=_TOGETHER,
            )  # fmt: skip
            return values

        total = -(-options.samples // _TOGETHER) + 1
        values = yield from stepped_call(
            run, (picture, parts, plain), score.value, total, options.random_seed
        )
        found.append(values[:, :1].to(x))
    return torch.cat(found).detach()


def _parts(picture: Tensor, options: SurrogateParameters) -> Tensor:
    """(1,1,H,W) whole numbers from 0: the part that each pixel belongs to."""
    height, width = picture.shape[2:]
    if options.parts == "squares":
        rows = torch.arange(height) * options.across // height
        columns = torch.arange(width) * options.across // width
        pairs = rows[:, None] * options.across + columns
        numbers = pairs.unique(return_inverse=True)[1]  # fewer, where pixels are fewer
    else:
        from skimage.segmentation import slic

        pixels = picture[0].movedim(0, -1).cpu().double().numpy()
        lab = pixels.shape[-1] == 3
        found = slic(pixels, options.across**2, start_label=0, channel_axis=-1, convert2lab=lab)
        numbers = torch.from_numpy(np.unique(found, return_inverse=True)[1].reshape(found.shape))
    parts: Tensor = numbers.to(picture.device)[None, None]
    return parts
