"""The nearest layers before and after a unit whose units it is connected with, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.views.ablate import ablate
from nnvis.views.layout import as_maps, require_layer, require_unit
from nnvis.views.pass_through import backward, forward
from nnvis.views.request import Ablation, AblationMode

REACH = 16  # so many layers before and after are looked at


@dataclass(frozen=True, slots=True, eq=False)
class ConnectedUnits:
    """A layer and what each of its units has to do with the one that was asked about."""

    layer: str
    shares: Tensor  # (C,), signed


def linked_before(model: VisionModel, x: Tensor, layer: str, unit: int) -> ConnectedUnits | None:
    """Find the nearest layer of which several units give to a unit, and how much each gives.

    Gradient x activation, summed over cells, mean over the pictures x (N,C,H,W): to first order
    what the unit's sum would lose without it. Layers that hand each unit on by itself (norms,
    activations, depthwise convolutions) are passed over.

    Returns:
        None where nothing but the picture feeds the unit, or no gradient leads back.

    Raises:
        UserError: there is no such layer or unit.
    """
    require_unit(require_layer(model, layer), unit)
    earlier = _beside(model, layer, -1)
    if not earlier:
        return None
    passed = forward(model, x, [layer, *(one.name for one in earlier)])
    if passed.taps[layer].edge is None:
        return None
    names = [one.name for one in earlier]
    came = backward(passed, layer, unit, "sum", to=names, pixels=False, again=False).layers
    found = []
    for info in earlier:
        gradient = came[info.name]
        if gradient is not None:
            share = as_maps(gradient * passed.taps[info.name].values, info)
            fed = (as_maps(gradient, info) != 0).any(3).any(2).any(0)
            found.append((ConnectedUnits(info.name, share.sum((2, 3)).mean(0)), int(fed.sum())))
    return _nearest(found)


@torch.no_grad()
def linked_after(model: VisionModel, x: Tensor, layer: str, unit: int) -> ConnectedUnits | None:
    """Find the nearest layer of which several units change when a unit is switched off.

    What each loses, summed over cells, mean over the pictures x (N,C,H,W); two forward passes.

    Returns:
        None where no later layer changes.

    Raises:
        UserError: there is no such layer or unit.
    """
    require_unit(require_layer(model, layer), unit)
    later = _beside(model, layer, 1)
    if not later:
        return None
    sums = {one.name: partial(_sums, info=one) for one in later}
    with record(model, sums, keep=sums) as whole:
        model(x)
    with (
        ablate(model, [Ablation(layer, unit, AblationMode.ZERO)]),
        record(model, sums, keep=sums) as rest,
    ):
        model(x)
    found = []
    for info in later:
        if info.name in whole and info.name in rest:
            lost = whole[info.name] - rest[info.name]
            found.append((ConnectedUnits(info.name, lost), int((lost != 0).sum())))
    return _nearest([one for one in found if one[1]])


def _nearest(found: Sequence[tuple[ConnectedUnits, int]]) -> ConnectedUnits | None:
    """Return the first that is linked with several units, else the first."""
    several = (linked for linked, count in found if count > 1)
    return next(several, found[0][0] if found else None)


def _beside(model: VisionModel, layer: str, step: int) -> list[LayerInfo]:
    names = [one.name for one in model.layers]
    place = names.index(layer)
    part = model.layers[place + 1 : place + 1 + REACH]
    if step < 0:
        part = model.layers[max(0, place - REACH) : place][::-1]
    return list(part)


def _sums(output: Tensor, info: LayerInfo) -> Tensor:
    return as_maps(output, info).sum((2, 3)).mean(0)
