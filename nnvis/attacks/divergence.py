"""Where in the network a clean and an attacked picture part ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.layers import to_maps
from nnvis.models.vision import VisionModel
from nnvis.probe import record

MOST = 10


@dataclass(frozen=True, slots=True)
class UnitChange:
    """How one unit answers the two pictures."""

    layer: str
    unit: int
    change: float  # RMS of the difference over its map, over the RMS of the layer's clean values
    clean: float  # mean over its map
    attacked: float


@dataclass(frozen=True, slots=True)
class LayerChange:
    """How one layer answers the two pictures."""

    layer: str
    distance: float  # length of the difference over the length of the clean activations
    cosine: float  # of the two activations
    units: tuple[UnitChange, ...]  # those that changed most, at most ten


@torch.no_grad()
def divergence(
    model: VisionModel,
    clean: Tensor,
    adversarial: Tensor,
) -> tuple[LayerChange, ...]:
    """Compare the activations of two pictures, (1,C,H,W) both, in one pass of a batch of two.

    Args:
        model: the network.
        clean: in [0,1].
        adversarial: in [0,1].

    Returns:
        One entry a layer, in execution order.

    Raises:
        UserError: the pictures differ in shape.
    """
    if clean.shape != adversarial.shape or len(clean) != 1:
        raise UserError("two single pictures of the same size can be compared, no others")
    keep: dict[str, Callable[[Tensor], Tensor]] = {
        one.name: partial(_compare, layer=one) for one in model.layers
    }
    with record(model, keep, keep=keep) as seen:
        model(torch.cat([clean, adversarial]))
    table = torch.cat([seen[one.name] for one in model.layers]).cpu().numpy().astype(np.float64)
    ends = np.cumsum([len(seen[one.name]) for one in model.layers])
    parts = np.split(table, ends[:-1])
    return tuple(_judge(layer, part) for layer, part in zip(model.layers, parts, strict=True))


def strongest(changes: Sequence[LayerChange]) -> tuple[UnitChange, ...]:
    """Return the units that changed most, over all of these layers."""
    units = [unit for layer in changes for unit in layer.units]
    return tuple(sorted(units, key=lambda unit: -unit.change)[:MOST])


def _compare(output: Tensor, layer: LayerInfo) -> Tensor:
    """(2,...) -> (units, 6): two means, and the means of squares and products.

    The square of the difference is a mean of its own: from the other two it would be rounding.
    """
    first, second = (
        torch.cat([maps.flatten(1), prefix], 1).float()
        for maps, prefix in (to_maps(output[:1], layer), to_maps(output[1:], layer))
    )
    values = (
        first, second, (second - first).square(), first * second, second.square(), first.square(),
    )  # fmt: skip
    return torch.stack(values).mean(2).T


def _judge(layer: LayerInfo, table: NDArray[np.float64]) -> LayerChange:
    difference, product, other, own = table[:, 2:].mean(0)
    scale = max(own, 1e-24) ** 0.5
    change = table[:, 2] ** 0.5 / scale
    units = tuple(
        UnitChange(
            layer.name, int(unit), float(change[unit]), float(table[unit, 0]), float(table[unit, 1])
        )
        for unit in np.argsort(-change, kind="stable")[:MOST]
    )
    cosine = product / max(own * other, 1e-48) ** 0.5
    return LayerChange(layer.name, float(difference**0.5 / scale), float(cosine), units)
