"""What a layer put out, as pictures: drawn on the device, read on the host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import OwnRange, Score, Sheet, Snapshot, UnitMap
from nnvis.engine.unit_order.held import PlacedOrder
from nnvis.imaging.colour_options import Range, Shading
from nnvis.imaging.colourise import SHEET_PIXELS, Shaded, colour, coloured_tiles, shade, tile_size
from nnvis.imaging.grid import Grid
from nnvis.imaging.host_transfer import A, Array
from nnvis.imaging.objects_picture import tinted
from nnvis.imaging.overlay import overlay
from nnvis.imaging.own_range import own_levels
from nnvis.models.detection.objects import UNSEEN
from nnvis.models.detection.region import FoundObjects
from nnvis.models.info import LayerInfo, ModelInfo
from nnvis.models.layers import to_maps

TOP = 5
GAP = 2  # pixels between the tiles of a sheet


@dataclass(frozen=True, slots=True, eq=False)
class SheetParts(Generic[A]):
    """A layer's sheet, on the device; then the same on the host."""

    grid: Grid
    screen: A  # (*grid.shape, 4) uint8, BGRA
    minima: A  # (units,)
    means: A
    maxima: A
    low: A  # (), of the unit that is told
    high: A
    signed: A | bool  # () bool
    bad: A | int  # ()


@dataclass(frozen=True, slots=True, eq=False)
class UnitParts(Generic[A]):
    """The selected unit; it is drawn on the host."""

    values: A  # (h,w)
    levels: A  # (h,w) uint8 palette entries, averaged down where the sheet's maps are
    prefix: A  # (p,)


@dataclass(frozen=True, slots=True, eq=False)
class ClassProbabilities(Generic[A]):
    """The strongest classes, none where the network has no classes."""

    probabilities: A  # (n,)
    indices: A  # (n,)


def draw(
    output: Tensor,
    layer: LayerInfo,
    request: Request,
    pixels: int = SHEET_PIXELS,
    signed: bool = False,
    order: PlacedOrder | None = None,
    *,
    trusting: bool = False,
) -> tuple[SheetParts[Tensor], UnitParts[Tensor]]:
    """Draw what `layer` put out, laid out for a pane of `request.layout.aspect`.

    Args:
        output: as recorded.
        layer: whose.
        request: which unit, which colours.
        pixels: how large the sheet may become before its maps are averaged down.
        signed: zero is the middle of the colours, whatever the signs of the values.
        order: which units are tiles; the colours are those that they have among all units.
        trusting: do not search for what is no number on a GPU; the statistics tell on the host.
    """
    maps, prefix = to_maps(output, layer)
    count = layer.units if order is None else len(order.index)
    size = tile_size(count, maps.shape[1], maps.shape[2], pixels)
    shaded = shade(maps, request.shading, size, signed, trusting=trusting)
    grid = Grid.fit(count, *size, aspect=request.layout.aspect, gap=GAP)
    unit = request.unit
    own = _own(shaded.levels[unit])
    if order is not None:
        shaded = replace(shaded, levels=shaded.levels[order.index])
    return sheet_parts(shaded, grid, request.shading, unit), UnitParts(
        values=_own(maps[unit]), levels=own, prefix=_own(prefix[unit])
    )


def _own(part: Tensor) -> Tensor:
    """Return `part` without the rest, where it is not copied to the host anyway."""
    part = part if part.dtype is torch.uint8 else part.float()
    return part.clone() if part.device.type == "cpu" else part


def sheet_parts(shaded: Shaded, grid: Grid, shading: Shading, unit: int = 0) -> SheetParts[Tensor]:
    """Tile `shaded`; the range that is told is that of `unit`."""
    return SheetParts(
        grid=grid,
        screen=coloured_tiles(shaded.levels, grid, shaded.signed, shading),
        minima=shaded.minima,
        means=shaded.means,
        maxima=shaded.maxima,
        low=shaded.low[unit],
        high=shaded.high[unit],
        signed=shaded.signed,
        bad=shaded.bad,
    )


def sheet_of(host: SheetParts[Array], request: Request, order: PlacedOrder | None = None) -> Sheet:
    """Read a sheet that came to the host."""
    shading, signed = request.shading, bool(host.signed)
    return Sheet(
        screen=host.screen,
        grid=host.grid,
        low=float(host.low) + 0.0,  # not -0
        high=float(host.high) + 0.0,
        signed=signed,
        colormap=shading.signed_colormap if signed else shading.colormap,
        minima=host.minima,
        means=host.means,
        maxima=host.maxima,
        bad=int(host.bad),
        order=order.shown if order is not None else None,
    )


def unit_of(
    host: UnitParts[Array],
    sheet: SheetParts[Array],
    layer: LayerInfo,
    request: Request,
    fed: NDArray[np.uint8],
) -> UnitMap:
    """Draw the selected unit, once it came to the host; `fed` is what its map is laid over."""
    levels, signed = torch.from_numpy(host.levels), bool(sheet.signed)
    picture = colour(levels, signed, request.shading).numpy()
    over = np.zeros((0, 0, 3), np.uint8)
    if request.layout.overlaid:
        over = _laid(host.values, levels, signed, layer, request, fed)
    return UnitMap(request.unit, host.values, picture, over, host.prefix)


def overlay_of(shown: Snapshot) -> NDArray[np.uint8]:
    """Return the unit's map over what was fed, (H,W,3), where nobody had asked for it, too."""
    unit, request = shown.unit, shown.request
    if unit.overlay.size:
        return unit.overlay
    values, signed = torch.from_numpy(unit.values), shown.sheet.signed
    size = (unit.picture.shape[0], unit.picture.shape[1])
    levels = shade(values[None], request.shading, size, signed).levels[0]
    return _laid(unit.values, levels, signed, shown.layer, request, shown.fed)


def own_of(shown: Snapshot) -> OwnRange:
    """Return the selected unit over its own range, in which a weak one is seen as well."""
    unit, shading = shown.unit, replace(shown.request.shading, range=Range.UNIT)
    size = (unit.picture.shape[0], unit.picture.shape[1])
    shaded = shade(torch.from_numpy(unit.values)[None], shading, size, shown.sheet.signed)
    picture = colour(shaded.levels[0], shown.sheet.signed, shading).numpy()
    low, high = (float(one[0]) + 0.0 for one in (shaded.low, shaded.high))  # not -0
    return OwnRange(picture, low, high, overlay_of(shown))


def _laid(
    values: Array,
    levels: Tensor,
    signed: bool,
    layer: LayerInfo,
    request: Request,
    fed: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    if not layer.placed:
        return fed.copy()
    # Over the unit's own range, in which a weak unit is seen as well; a fixed one stays as it is.
    fixed = request.shading.range is Range.FIXED
    own = levels if fixed else torch.from_numpy(own_levels(values, signed=signed))
    strength = request.layout.overlay
    return overlay(torch.from_numpy(fed), own, signed, request.shading, strength).numpy()


def top_of(scores: Tensor) -> ClassProbabilities[Tensor]:
    """(1,K) scores -> their strongest classes."""
    if scores.ndim != 2 or not scores.shape[1]:
        none = scores.new_zeros(0, dtype=torch.float32)
        return ClassProbabilities(none, none.long())
    return ClassProbabilities(*scores[0].topk(min(TOP, scores.shape[1])))


def same_classes(scores: Tensor, top: ClassProbabilities[Tensor]) -> ClassProbabilities[Tensor]:
    """Return what the classes of `top` have among other (1,K) scores."""
    if not len(top.indices):
        return top
    return ClassProbabilities(scores[0][top.indices], top.indices)


def scores_of(host: ClassProbabilities[Array], info: ModelInfo) -> tuple[Score, ...]:
    """Read classes that came to the host, with their names; at a box those found there."""
    return tuple(
        Score(int(index), info.label(int(index)), float(probability))
        for probability, index in zip(host.probabilities, host.indices, strict=True)
        if info.detects != "boxes" or probability > UNSEEN
    )


def marked(picture: NDArray[np.uint8], objects: FoundObjects | None) -> NDArray[np.uint8] | None:
    """(h,w,3) -> the same, tinted where objects are; None where they have no masks."""
    if objects is None or objects.masks is None:
        return None
    return tinted(picture, objects.masks, [one.label for one in objects.listed])
