"""Maps of numbers to sheets of colours, on the device of the maps and without waiting for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.imaging.colormaps import BAD, BAD_COLOR, GAP, LEVELS, palette, screen_palette
from nnvis.imaging.colour_options import Range, Shading
from nnvis.imaging.grid import Grid

SHEET_PIXELS = 2_500_000  # larger maps are averaged down to fit a sheet of about this size
MIN_TILE = 20  # smaller maps are repeated until a tile is at least so large
T = TypeVar("T", np.uint8, np.uint32)
Palette = Callable[[str], NDArray[np.uint8]]  # `palette` or `screen_palette`
TINY = 1e-30  # stands for a range of zero, so that a constant map is one colour and not NaN


@dataclass(frozen=True, slots=True, eq=False)
class Shaded:
    """Colours of (C,h,w) maps as palette entries, with what they stand for."""

    levels: Tensor  # (C,h,w) uint8, entries of the palette
    # () bool: zero is the middle of `signed_colormap`, else `colormap` counts; on the host where it
    signed: Tensor | bool  # is known beforehand
    low: Tensor  # (C,): the value of the lowest colour, for each unit
    high: Tensor  # (C,)
    minima: Tensor  # (C,) over the finite values of each map; 0 where there is none
    means: Tensor  # (C,)
    maxima: Tensor  # (C,)
    bad: Tensor | int  # () int64: how many values are NaN or infinite


def shade(
    maps: Tensor,
    shading: Shading,
    size: tuple[int, int] | None = None,
    signed: bool = False,
    *,
    trusting: bool = False,
) -> Shaded:
    """(C,h,w) float maps -> palette entries; see Shading for what its fields mean.

    Where `size` (height, width) is smaller than the maps, its cells show averages of theirs; the
    statistics and the range are always those of the maps themselves. `signed` maps have zero in
    the middle even where all of them happen to be of one sign. A `trusting` GPU does not search for
    what is no number: where the statistics are none, what was made is to be thrown away.
    """
    maps = maps.float()
    (minima, maxima), means = _extremes(maps), maps.mean((1, 2))
    bad: Tensor | int = 0
    wrong = None
    # On the CPU one look at the sums spares the search; a GPU searches faster than it could tell.
    if maps.device.type == "cpu":
        trusting = math.isfinite(float((minima + maxima + means).sum()))
    if not trusting:
        finite = maps.isfinite()
        wrong, bad, count = ~finite, (~finite).sum(), finite.sum((1, 2))
        minima = torch.where(finite, maps, torch.inf).amin((1, 2)).masked_fill(count == 0, 0)
        maxima = torch.where(finite, maps, -torch.inf).amax((1, 2)).masked_fill(count == 0, 0)
        maps = torch.where(finite, maps, 0)
        means = maps.sum((1, 2)) / count.clamp(min=1)
    low, high, middled, bottom = _ends(minima, maxima, shading, signed)
    if size is not None and (size[0] < maps.shape[1] or size[1] < maps.shape[2]):
        maps = functional.interpolate(maps[None], size, mode="area")[0]
        if wrong is not None:
            wrong = functional.interpolate(wrong[None].float(), size, mode="area")[0] > 0
    reach = (high - low).clamp_(min=2 * TINY)
    part = maps.sub(bottom[:, None, None]).div_(reach[:, None, None])
    part = part.clamp_(0, 1)
    if shading.gamma != 1:
        # Gamma acts on the distance from black, or from zero.
        middle = (middled.float() if isinstance(middled, Tensor) else middled) / 2
        most = 1 - middle
        away = part.sub_(middle).div_(most)
        part = away.abs().pow_(shading.gamma).copysign_(away).mul_(most).add_(middle)
    levels = part.mul_(LEVELS - 1).add_(0.5).to(torch.uint8)
    if wrong is not None:
        levels = levels.masked_fill(wrong, BAD)
    units = len(maps)
    return Shaded(
        levels, middled, low.expand(units), high.expand(units), minima, means, maxima, bad
    )


def _extremes(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Return the least and the largest of each map: in one go where that is faster."""
    if maps.device.type == "cpu" or not maps.is_contiguous():
        return maps.amin((1, 2)), maps.amax((1, 2))
    least, most = maps.flatten(1).aminmax(dim=1)
    return least, most


def _ends(
    minima: Tensor, maxima: Tensor, shading: Shading, signed: bool
) -> tuple[Tensor, Tensor, Tensor | bool, Tensor]:
    """Return what the lowest and highest colour stand for, whether 0 is the middle, and the lowest.

    The ends are of each unit, (C,), or of all, (1,). The last is just below the first where zero
    is the middle, so that nothing but zeros are of the middle, too.
    """
    if shading.range is Range.FIXED:
        both = signed or shading.low < 0 < shading.high
        top = max(-shading.low, shading.high)
        ends = (-top, top) if both else (shading.low, shading.high)
        low, high = torch.full_like(minima, ends[0]), torch.full_like(maxima, ends[1])
        return low, high, both, low - both * TINY
    # Both ends in one tensor, the upper one with its sign turned: half as many launches.
    outer = torch.stack((minima, -maxima))  # (2,C)
    layer = outer.amin(1, keepdim=True)
    middled = None if signed else (layer < 0).all()
    if shading.range is Range.LAYER and shading.boost:
        reach = _boosted(-outer.amin(0), shading.boost)
        if middled is None:
            return -reach, reach, True, -reach - TINY
        spread = _boosted(maxima - layer[0], shading.boost)
        low = torch.where(middled, -reach, layer[0])
        high = torch.where(middled, reach, layer[0] + spread)
    else:
        outer = layer if shading.range is Range.LAYER else outer
        if middled is None:
            low = outer.amin(0)
            return low, -low, True, low - TINY
        outer = torch.where(middled, outer.amin(0), outer)
        low = outer[0]
        high = low - outer.sum(0)
    return low, high, middled, torch.add(low, middled, alpha=-TINY)


def _boosted(reach: Tensor, boost: float) -> Tensor:
    """DVT's per-channel boost: between the layer's reach (0) and each unit's own (1)."""
    layer = reach.amax().expand_as(reach)
    if boost == 0:
        return layer
    return layer ** (1 - boost) * reach**boost


def tile_size(count: int, height: int, width: int, pixels: int = SHEET_PIXELS) -> tuple[int, int]:
    """Return the height and width of a map of `height` x `width` on a sheet of `count` tiles."""
    longest = max(height, width)
    if longest < MIN_TILE:
        times = math.ceil(MIN_TILE / longest)
        return height * times, width * times
    room = max(MIN_TILE, int(math.sqrt(pixels / max(count, 1))))
    if longest <= room:
        return height, width
    return max(1, round(height * room / longest)), max(1, round(width * room / longest))


def tile(levels: Tensor, grid: Grid) -> Tensor:
    """(C,h,w) uint8 palette entries -> (*grid.shape) uint8, gaps and empty places as GAP.

    Where a tile is larger than its map, the map's cells are repeated: it must be a multiple.
    """
    return torch.from_numpy(_tiled(levels.numpy(), grid, np.uint8(GAP)))


def coloured_tiles(levels: Tensor, grid: Grid, signed: Tensor | bool, shading: Shading) -> Tensor:
    """(C,h,w) uint8 palette entries -> (*grid.shape, 4) uint8 BGRA; as `colour` of `tile`."""
    if levels.device.type != "cpu":
        tiles = _packed(levels, signed, shading, screen_palette)
        return _tiled_there(tiles, grid).view(torch.uint8).view(*grid.shape, 4)
    entries = _entries(screen_palette(shading.signed_colormap if signed else shading.colormap))
    if levels.shape[1] >= grid.height:
        sheet = entries.take(tile(levels, grid).numpy().astype(np.intp))
    else:
        sheet = _tiled(entries.take(levels.numpy().astype(np.intp)), grid, entries[GAP])
    return torch.from_numpy(sheet.view(np.uint8).reshape(*grid.shape, 4))


def _tiled_there(tiles: Tensor, grid: Grid) -> Tensor:
    """Lay (C,h,w) packed colours out on their device; the gap has one colour in all palettes."""
    count, h, w = tiles.shape
    gap = int(screen_palette("viridis").view(np.int32)[GAP, 0])
    sheet = tiles.new_full(grid.shape, gap)
    down = grid.shape[1]
    times = (grid.height // h, grid.width // w)
    high, wide = (grid.height + grid.gap) * down, grid.width + grid.gap
    full, rest = divmod(count, grid.cols)
    for row, rows, cols in ((0, full, grid.cols), (full, 1, rest)):
        if rows and cols:
            shape = (rows, cols, h, times[0], w, times[1])
            strides = (high, wide, times[0] * down, down, times[1], 1)
            some = tiles[row * grid.cols :][: rows * cols].view(rows, cols, h, 1, w, 1)
            sheet.as_strided(shape, strides, row * high).copy_(some.expand(shape))
    return sheet


def _tiled(tiles: NDArray[T], grid: Grid, gap: T) -> NDArray[T]:
    """Lay (C,h,w) out on the host, each cell repeated to fill its tile, each written once."""
    count, h, w = tiles.shape
    sheet = np.full(grid.shape, gap)
    tiles = tiles.repeat(grid.width // w, 2) if w < grid.width else tiles
    down, step = sheet.strides[0], sheet.strides[1]
    high, wide = (grid.height + grid.gap) * down, (grid.width + grid.gap) * step
    times = grid.height // h
    full, rest = divmod(count, grid.cols)
    for row, rows, cols in ((0, full, grid.cols), (full, 1, rest)):
        if rows and cols:
            shape = (rows, h, times, cols, grid.width)
            strides = (high, times * down, down, wide, step)
            places = as_strided(sheet[row * (grid.height + grid.gap) :], shape, strides)
            first = row * grid.cols
            some = tiles[first : first + rows * cols].reshape(rows, cols, h, grid.width)
            places[:] = some.transpose(0, 2, 1, 3)[:, :, None]
    return sheet


def colour(levels: Tensor, signed: Tensor | bool, shading: Shading) -> Tensor:
    """(...) uint8 palette entries -> (..., 4) uint8 RGBA, opaque, on the same device."""
    if levels.device.type == "cpu":  # numpy's look-up is three times as fast as torch's
        name = shading.signed_colormap if signed else shading.colormap
        return torch.from_numpy(coloured(levels.numpy(), name))
    return _packed(levels, signed, shading, palette).view(torch.uint8).view(*levels.shape, 4)


def coloured(levels: NDArray[np.uint8], colormap: str) -> NDArray[np.uint8]:
    """(...) palette entries -> (..., 4) RGBA of one colour map, on the host."""
    places = levels.astype(np.intp)  # ten times as fast by its own kind of index
    packed = _entries(palette(colormap)).take(places)
    return packed.view(np.uint8).reshape(*packed.shape, 4)


def _packed(levels: Tensor, signed: Tensor | bool, shading: Shading, colours: Palette) -> Tensor:
    """(...) uint8 palette entries -> (...) int32 of `colours`, on a device that is no CPU."""
    device = levels.device
    if isinstance(signed, Tensor):
        names = shading.signed_colormap, shading.colormap
        signs, plain = (_table(colours, name, device) for name in names)
        entries = torch.where(signed, signs, plain)
    else:
        name = shading.signed_colormap if signed else shading.colormap
        entries = _table(colours, name, device)
    return torch.take(entries, levels.long())


def _entries(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """(256,4) -> each entry as one number."""
    return colours.view(np.uint32)[:, 0]


@lru_cache
def bad_colour(device: torch.device) -> Tensor:
    """Return the colour of what is no number, (3,) uint8, copied to `device` once."""
    return torch.tensor(BAD_COLOR, dtype=torch.uint8).to(device)


def _table(colours: Palette, name: str, device: torch.device) -> Tensor:
    key = (colours is screen_palette, name, device)
    if key not in _TABLES:
        entries = torch.from_numpy(colours(name).copy()).view(torch.int32)[:, 0]
        _TABLES[key] = entries.to(device)
    return _TABLES[key]


_TABLES: dict[tuple[bool, str, torch.device], Tensor] = {}
