"""What a layer put out, as pictures: drawn on the device, read on the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Score, Sheet, UnitMap
from nnvis.imaging.colormaps import BAD, LEVELS
from nnvis.imaging.colour_options import Range, Shading
from nnvis.imaging.colourise import SHEET_PIXELS, colour, shade, tile, tile_size
from nnvis.imaging.grid import Grid
from nnvis.imaging.overlay import overlay
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.layers import to_maps

TOP = 5
THUMBNAIL = 40  # pixels of the longer side, at most
GAP = 2  # pixels between the tiles of a sheet


@dataclass(frozen=True, slots=True, eq=False)
class SheetDrawing:
    """A layer's sheet and the selected unit, still on the device."""

    grid: Grid
    tensors: list[Tensor]  # in the order in which `sheet_of` and `unit_of` read them


def draw(
    output: Tensor,
    layer: LayerInfo,
    request: Request,
    fed: Tensor,
    pixels: int = SHEET_PIXELS,
    signed: bool = False,
) -> SheetDrawing:
    """Draw what `layer` put out, laid out for a pane of `request.layout.aspect`.

    Args:
        output: as recorded.
        layer: whose.
        request: which unit, which colours.
        fed: (H,W,3) uint8, what the unit's map is laid over.
        pixels: how large the sheet may become before its maps are averaged down.
        signed: zero is the middle of the colours, whatever the signs of the values.
    """
    maps, prefix = to_maps(output, layer)
    size = tile_size(layer.units, maps.shape[1], maps.shape[2], pixels)
    shaded = shade(maps, request.shading, size, signed)
    grid = Grid.fit(layer.units, *size, aspect=request.layout.aspect, gap=GAP)
    levels, unit = shaded.levels, request.unit
    own = _own_levels(maps[unit : unit + 1], request.shading, shaded.signed, levels[unit])
    return SheetDrawing(
        grid,
        [
            colour(tile(levels, grid), shaded.signed, request.shading),
            shaded.minima,
            shaded.means,
            shaded.maxima,
            shaded.low[unit],
            shaded.high[unit],
            shaded.signed,
            shaded.bad,
            maps[unit].float().clone(),
            colour(levels[unit], shaded.signed, request.shading),
            overlay(fed, own, shaded.signed, request.shading, request.layout.overlay),
            prefix[unit].float().clone(),
        ],
    )


def _own_levels(map_: Tensor, shading: Shading, signed: Tensor, levels: Tensor) -> Tensor:
    """(1,h,w) -> (h,w) levels over the unit's own range, in which a weak unit is seen as well.

    A fixed range stays as it is; a unit of a signed layer stays signed.
    """
    if shading.range is Range.FIXED:
        return levels
    low, high = map_.amin(), map_.amax()
    reach = torch.maximum(-low, high)
    ends = torch.stack([torch.where(signed, -reach, low), torch.where(signed, reach, high)])
    part = (map_[0].float() - ends[0]) / (ends[1] - ends[0]).clamp(min=1e-30)
    own = (part.nan_to_num(0, 0, 0).clamp(0, 1) * (LEVELS - 1) + 0.5).to(torch.uint8)
    return torch.where(levels == BAD, levels, own) if levels.shape == own.shape else own


def sheet_of(host: Sequence[NDArray[Any]], grid: Grid, request: Request) -> Sheet:
    """Read the sheet of a drawing that came to the host."""
    shading, signed = request.shading, bool(host[6])
    return Sheet(
        picture=host[0],
        grid=grid,
        low=float(host[4]),
        high=float(host[5]),
        signed=signed,
        colormap=shading.signed_colormap if signed else shading.colormap,
        minima=host[1],
        means=host[2],
        maxima=host[3],
        bad=int(host[7]),
    )


def unit_of(host: Sequence[NDArray[Any]], request: Request) -> UnitMap:
    """Read the selected unit of a drawing that came to the host."""
    return UnitMap(request.unit, host[8], host[9], host[10], host[11])


def thumbnail(output: Tensor, layer: LayerInfo, request: Request) -> Tensor:
    """Mean magnitude of a layer over its units, (h,w,4) uint8; a vector is folded to a square."""
    maps, _ = to_maps(output, layer)
    if maps.shape[1:] == (1, 1):
        side = max(1, round(layer.units**0.5))
        row = functional.pad(maps.flatten().abs(), (0, -layer.units % side))
        mean = row.view(1, -1, side)
    else:
        mean = maps.abs().mean(0, keepdim=True)
    longest = max(mean.shape[1:])
    if longest > THUMBNAIL:
        size = [max(1, side * THUMBNAIL // longest) for side in mean.shape[1:]]
        mean = functional.interpolate(mean[None].float(), size, mode="area")[0]
    shading = Shading(Range.UNIT, colormap=request.shading.colormap)
    shaded = shade(mean, shading)
    return colour(shaded.levels[0], shaded.signed, shading)


def top_of(logits: Tensor) -> list[Tensor]:
    """(1,K) logits -> probabilities and indices of the strongest classes; empty for no classes."""
    if logits.ndim != 2 or logits.shape[1] < 2:
        return [
            logits.new_zeros(0, dtype=torch.float32),
            logits.new_zeros(0, dtype=torch.int64),
        ]
    return list(logits[0].float().softmax(0).topk(min(TOP, logits.shape[1])))


def before_of(logits: Tensor, top: Sequence[Tensor]) -> list[Tensor]:
    """Return what the classes of `top` had in other (1,K) logits."""
    if not len(top[1]):
        return [top[0]]
    return [logits[0].float().softmax(0)[top[1]]]


def scores_of(host: Sequence[NDArray[Any]], info: ModelInfo) -> tuple[Score, ...]:
    """Read what `top_of` gave, with the names of the classes."""
    return tuple(
        Score(int(index), _label(info, int(index)), float(probability))
        for probability, index in zip(np.atleast_1d(host[0]), np.atleast_1d(host[1]), strict=True)
    )


def _label(info: ModelInfo, index: int) -> str:
    return info.labels[index] if info.labels and index < len(info.labels) else f"class {index}"
