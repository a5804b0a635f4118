"""What the units of a layer are ordered by: each takes a look and gives a value for every unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nnvis.engine.protocol.request import Request
from nnvis.errors import UserError
from nnvis.models.detection.region import Region
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.layers import to_maps
from nnvis.models.vision import VisionModel
from nnvis.views.live import attribute
from nnvis.views.request import LOGITS, AttributionRequest
from nnvis.views.unit_weights import all_kernels

Measure = tuple[Tensor, str]  # (units,) and what it is, for people


@dataclass(frozen=True, slots=True, eq=False)
class OrderLook:
    """One look at a frame; the network is as it was for it, with units switched off."""

    model: VisionModel
    info: ModelInfo
    layer: LayerInfo
    request: Request
    x: Tensor  # (1,C,H,W), the clean picture
    own: Tensor  # what the layer put out for it
    logits: Tensor  # (1,K)
    focused: Callable[[Region | None], VisionModel]  # at an object, as it was last seen
    whole: Tensor | None = None  # what it puts out with nothing switched off, if something is
    attacked: Tensor | None = None  # what it puts out for the attacked picture

    def maps(self, output: Tensor) -> Tensor:
        """(units,h,w), float."""
        return to_maps(output, self.layer)[0].float()


def activation(look: OrderLook) -> Measure:
    """Return the highest value of each map."""
    return look.maps(look.own).amax((1, 2)), "highest value"


def contribution(look: OrderLook) -> Measure:
    """Return gradient x activation, summed over each map.

    Raises:
        UserError: there is no class, no way back from it, or the layer has no part in it.
    """
    origin, name = _followed(look)
    region, layer = origin.region, look.layer.name
    if region is not None:
        origin = replace(origin, cells="sum")
    model = look.focused(region)
    found = attribute(model, look.x, origin, [layer], layer)
    if found.grid is None:
        raise UserError(f"{layer} has no part in {name}; choose a layer before it")
    product = look.maps(found.passed.taps[layer].values) * look.maps(found.grid)
    return product.sum((1, 2)), f"gradient x activation for {name}"


def _followed(look: OrderLook) -> tuple[AttributionRequest, str]:
    asked = look.request.attribution
    if asked is not None and asked.pinned:
        of = AttributionRequest("gradient", asked.layer, asked.unit, "sum", region=asked.region)
        if asked.region is not None or asked.layer == LOGITS:
            return of, look.info.label(asked.unit)
        return of, f"{asked.layer} unit {asked.unit}"
    if look.info.detects:
        raise UserError("choose an object first: click on its box")
    if look.logits.ndim != 2 or not look.logits.shape[1]:
        raise UserError("this network has no classes; pin the unit that is looked back from")
    top = int(look.logits[0].argmax())
    return AttributionRequest("gradient", LOGITS, top, "sum"), look.info.label(top)


def change(look: OrderLook) -> Measure:
    """Return the root mean square change of each map.

    Raises:
        UserError: neither an attack nor anything switched off changes it.
    """
    if look.attacked is not None:
        after, before, by = look.attacked, look.own, "the attack"
    elif look.whole is not None:
        after, before, by = look.own, look.whole, "what is switched off"
    else:
        raise UserError("nothing is changed now; attack the picture, or switch units off")
    moved = look.maps(after) - look.maps(before)
    return moved.square().mean((1, 2)).sqrt(), f"RMS change by {by}"


def likeness(look: OrderLook) -> Measure:
    """Return the correlation of each map with that of the unit selected when it was asked.

    Raises:
        UserError: the units have one value each, and no weights to compare.
    """
    asked = look.request.order
    known = asked.layer == look.layer.name and asked.unit < look.layer.units
    unit = asked.unit if known else look.request.unit
    maps = look.maps(look.own)
    if maps[0].numel() > 1:
        flat = maps.flatten(1)
        return _cosines(
            flat - flat.mean(1, keepdim=True), unit
        ), f"correlation of maps with unit {unit}"
    try:
        weights = all_kernels(look.model, look.layer.name)
    except UserError as error:
        raise UserError(f"one frame gives each unit one value, and {error}") from None
    return _cosines(weights, unit), f"cosine of weights with unit {unit}"


def _cosines(rows: Tensor, unit: int) -> Tensor:
    """(U,n) -> (U,): with row `unit`; NaN where a row is zero."""
    lengths = rows.norm(dim=1)
    found = (rows @ rows[unit]) / (lengths * lengths[unit])
    return torch.where((lengths > 0) & (lengths[unit] > 0), found.clamp(-1, 1), torch.nan)
