"""Where in the network a clean and an attacked picture part ways."""

from __future__ import annotations

import math
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
    return judged(model.layers, activations(model, clean, adversarial).cpu().numpy())


@torch.no_grad()
def activations(model: VisionModel, clean: Tensor, adversarial: Tensor) -> Tensor:
    """Run two pictures, (1,C,H,W) both, and measure every unit: nothing waits for the device.

    Returns:
        (5, units of all layers): over each unit's cells the means for both pictures, and the
        lengths of both and of their difference.

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
    return torch.cat([seen[one.name] for one in model.layers], 1)


def judged(layers: Sequence[LayerInfo], table: NDArray[np.float32]) -> tuple[LayerChange, ...]:
    """Read what `activations` measured, once it came to the host."""
    ends = np.cumsum([one.units for one in layers])
    parts = np.split(table.astype(np.float64), ends[:-1], axis=1)
    return tuple(_judge(layer, part) for layer, part in zip(layers, parts, strict=True))


def strongest(changes: Sequence[LayerChange]) -> tuple[UnitChange, ...]:
    """Return the units that changed most, over all of these layers."""
    units = [unit for layer in changes for unit in layer.units]
    return tuple(sorted(units, key=lambda unit: -unit.change)[:MOST])


def _compare(output: Tensor, layer: LayerInfo) -> Tensor:
    """(2,...) -> (5, units), see `activations`; in as few operations as a GPU is fast with.

    The length of the difference is one of its own: from the other two it would be rounding.
    """
    first, second = (_cells(*to_maps(output[at : at + 1].float(), layer)) for at in range(2))
    three = torch.stack((first, second, second - first))  # (3,units,cells)
    return torch.cat((three[:2].mean(2), torch.linalg.vector_norm(three, dim=2)))


def _cells(maps: Tensor, prefix: Tensor) -> Tensor:
    return torch.cat([maps.flatten(1), prefix], 1) if prefix.shape[1] else maps.flatten(1)


def _judge(layer: LayerInfo, table: NDArray[np.float64]) -> LayerChange:
    clean, attacked = table[:2]
    squares = table[2:] ** 2 / (math.prod(layer.map_shape) + layer.prefix)
    own, other, difference = squares.mean(1)
    scale = max(own, 1e-24) ** 0.5
    change = squares[2] ** 0.5 / scale
    units = tuple(
        UnitChange(
            layer.name, int(unit), float(change[unit]), float(clean[unit]), float(attacked[unit])
        )
        for unit in np.argsort(-change, kind="stable")[:MOST]
    )
    cosine = (own + other - difference) / 2 / max(own * other, 1e-48) ** 0.5
    return LayerChange(layer.name, float(difference**0.5 / scale), float(cosine), units)
