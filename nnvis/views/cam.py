"""Class activation maps, for classes and for any other unit: Grad-CAM, Grad-CAM++, LayerCAM."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.views.layout import as_maps, over_picture, require_places
from nnvis.views.pass_through import BackwardPass, ForwardPass, backward, forward
from nnvis.views.request import LOGITS, Cells

FEWEST = 16  # cells of a map that tells where
TRIED = 80  # layers, the last ones
_NEAR = 1e-6  # of the terms of a sum that all but cancel, relative to them


def gradcam(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str = LOGITS,
    unit: int,
    cells: Cells = "sum",
    at: str | None = None,
) -> Tensor:
    """Return where the maps of `at` speak for a unit: Grad-CAM (Selvaraju et al. 2017, eq. 1-2).

    Args:
        model: the network.
        x: (N,C,H,W) in [0,1].
        layer: of the unit; LOGITS for a class.
        unit: from 0.
        cells: see `cells_gradient`.
        at: the layer whose maps are weighed; by default the last one before `layer` that has any.

    Returns:
        (N,1,H,W), not negative, in the units of the activations; enlarged bilinearly.

    Raises:
        UserError: as `forward` and `backward`; or `at` has no maps, or does not feed the unit.
    """
    return _view(model, x, layer, unit, cells, at, "gradcam")


def gradcam_plus_plus(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str = LOGITS,
    unit: int,
    cells: Cells = "sum",
    at: str | None = None,
) -> Tensor:
    """As `gradcam`, for Grad-CAM++ (Chattopadhay et al. 2018, eq. 19, for an exponential score)."""
    return _view(model, x, layer, unit, cells, at, "gradcam++")


def layercam(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str = LOGITS,
    unit: int,
    cells: Cells = "sum",
    at: str | None = None,
) -> Tensor:
    """As `gradcam`, for LayerCAM (Jiang et al. 2021, eq. 4-5): every cell has its own weight."""
    return _view(model, x, layer, unit, cells, at, "layercam")


def weigh_gradcam(_maps: Tensor, gradients: Tensor) -> Tensor:
    """(N,C,h,w) maps and their gradients -> weights that broadcast to them."""
    return gradients.mean((2, 3), keepdim=True)


def weigh_gradcam_plus_plus(maps: Tensor, gradients: Tensor) -> Tensor:
    """As `weigh_gradcam`; the derivatives of exp(score) are powers of the gradient g.

    Equation 19 has g^2 / (2 g^2 + S g^3), S the sum of the map, which is 1 / (2 + S g): divided
    out, it needs no small number that would not be small beside g^2. Where S g is -2, which only
    maps with negative values reach, the weight has no value and the cell is left out.
    """
    product = maps.sum((2, 3), keepdim=True) * gradients
    below = 2 + product
    cancelled = below.abs() <= _NEAR * (2 + product.abs())
    share = torch.where(cancelled, 0.0, 1 / torch.where(cancelled, 1.0, below))
    return (share * gradients.clamp(min=0)).sum((2, 3), keepdim=True)


def weigh_layercam(_maps: Tensor, gradients: Tensor) -> Tensor:
    """As `weigh_gradcam`; a weight for every cell."""
    return gradients.clamp(min=0)


Weigh = Callable[[Tensor, Tensor], Tensor]
WEIGHS: dict[str, Weigh] = {
    "gradcam": weigh_gradcam,
    "gradcam++": weigh_gradcam_plus_plus,
    "layercam": weigh_layercam,
}


def weigh(passed: ForwardPass, came: BackwardPass, at: str, weights: Weigh) -> Tensor:
    """Return the (N,1,h,w) map at the resolution of `at`, to which `came` was sent back.

    Raises:
        UserError: `at` has no maps, or does not feed the unit.
    """
    info, gradients = passed.layers[at], came.layers[at]
    require_places(info)
    if max(info.map_shape) == 1:
        raise UserError(f"{at} has no maps to weigh; choose a layer with maps")
    if gradients is None:
        raise UserError(f"{at} does not feed the unit; choose an earlier layer")
    maps = as_maps(passed.taps[at].values, info)
    return (weights(maps, as_maps(gradients, info)) * maps).sum(1, keepdim=True).clamp(min=0)


def default_at(layers: Sequence[LayerInfo], layer: str) -> str:
    """Return the layer whose maps to weigh for a unit of `layer`.

    Where a class token is read at the end, the patches of the last block no longer reach it: there
    it is the layer before the last attention.

    Raises:
        UserError: no layer with maps stands before `layer`.
    """
    before = list(layers)
    if layer != LOGITS:
        place = [one.name for one in before].index(layer)
        before = [one for one in before[:place] if not one.name.startswith(layer + ".")]
    with_maps = [one for one in before if max(one.map_shape) > 1 and one.placed]
    if not with_maps:
        raise UserError(f"no layer with maps stands before {layer or 'the logits'}")
    last = with_maps[-1]
    if last.layout == "tokens" and last.prefix:
        attention = [one for one in before if one.family == "attention"]
        if attention:
            earlier = before[: before.index(attention[-1])]
            fitting = [
                one
                for one in earlier
                if one.layout == "tokens" and not one.name.startswith(attention[-1].name + ".")
            ]
            last = fitting[-1] if fitting else last
    return last.name


def weighed_at(model: VisionModel, x: Tensor, layer: str, unit: int) -> str:
    """Return the layer whose maps to weigh for a unit, or for a class of the object looked at.

    Detectors make boxes of maps of several sizes, of which those count that made the box: it is
    the last one of the backbone that moves its score.

    Raises:
        UserError: there is none.
    """
    if model.focus is None or layer != LOGITS:
        return default_at(model.layers, layer)
    maps = [one for one in model.layers if one.placed and _cells(one) >= FEWEST]
    inside = [one for one in maps if one.name.startswith("backbone.")]
    names = [one.name for one in inside or maps if one.units != model.kinds][-TRIED:]
    passed = forward(model, x, names)
    came = backward(passed, layer, unit, "sum", to=names, pixels=False, again=False)
    for name in reversed(names):
        slope = came.layers[name]
        if slope is not None and bool(slope.any()):
            return name
    raise UserError("no layer with maps moves the score of this object; name one")


def _cells(layer: LayerInfo) -> int:
    return layer.map_shape[0] * layer.map_shape[1]


def _view(
    model: VisionModel, x: Tensor, layer: str, unit: int, cells: Cells, at: str | None, view: str
) -> Tensor:
    at = weighed_at(model, x, layer, unit) if at is None else at
    passed = forward(model, x, [layer, at])
    came = backward(passed, layer, unit, cells, to=[at], pixels=False, again=False)
    return over_picture(weigh(passed, came, at, WEIGHS[view]), x)
