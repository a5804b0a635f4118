"""Numbers to colours, against numpy by hand."""

import numpy as np
import pytest
import torch

from nnvis.imaging.colormaps import BAD, GAP, LEVELS, palette, screen_palette, turned
from nnvis.imaging.colour_options import COLORMAPS, SIGNED_COLORMAPS, Range, Shading
from nnvis.imaging.colourise import (
    _packed,
    _tiled_there,
    colour,
    coloured_tiles,
    shade,
    tile,
    tile_size,
)
from nnvis.imaging.grid import Grid
from nnvis.imaging.overlay import overlay


@pytest.fixture
def maps():
    return torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(1)) * torch.tensor(
        [1.0, 2.0, 8.0]
    ).view(3, 1, 1)


def by_hand(values, low, high, gamma=1.0):
    part = np.clip((values - low) / (high - low), 0, 1) ** gamma
    return (part * (LEVELS - 1) + 0.5).astype(np.uint8)


@pytest.mark.parametrize("gamma", [1.0, 0.5])
def test_ranges(maps, gamma):
    values = maps.numpy()
    low, high = values.min((1, 2), keepdims=True), values.max((1, 2), keepdims=True)
    cases = {
        Shading(Range.UNIT, gamma=gamma): (low, high),
        Shading(Range.LAYER, gamma=gamma): (values.min(), values.max()),
        Shading(Range.FIXED, low=0.5, high=3, gamma=gamma): (0.5, 3.0),
    }
    for shading, ends in cases.items():
        shaded = shade(maps, shading)
        expected = by_hand(values, *ends, gamma)
        assert np.abs(shaded.levels.numpy().astype(int) - expected).max() <= 1
        assert not shaded.signed


def test_signed_maps_put_zero_in_the_middle_and_keep_the_range_symmetric():
    maps = torch.tensor([[[-2.0, 0.0, 1.0]], [[4.0, -1.0, 0.0]]])
    shaded = shade(maps, Shading(Range.LAYER))
    assert bool(shaded.signed)
    assert shaded.low.tolist() == [-4, -4]
    assert shaded.high.tolist() == [4, 4]
    middle = shaded.levels[0, 0, 1]
    assert middle in (LEVELS // 2 - 1, LEVELS // 2)
    assert shade(maps, Shading(Range.LAYER, gamma=0.3)).levels[0, 0, 1] == middle
    assert shade(maps, Shading(Range.UNIT)).high.tolist() == [2, 4]


@pytest.mark.parametrize("of", [Range.UNIT, Range.LAYER])
def test_zeros_among_signed_maps_have_the_colour_of_zero(of):
    middles = (LEVELS // 2 - 1, LEVELS // 2)
    silent = shade(torch.tensor([[[-2.0, 1.0]], [[0.0, 0.0]]]), Shading(of))
    assert all(level in middles for level in silent.levels[1].flatten())
    for boost in (0.0, 0.5, 1.0):
        nothing = shade(torch.zeros(2, 1, 2), Shading(of, gamma=0.5, boost=boost), signed=True)
        assert all(level in middles for level in nothing.levels.flatten())
        assert nothing.low.tolist() == nothing.high.tolist() == [0, 0]


def test_boost_goes_from_the_layers_range_to_each_units_own(maps):
    full = shade(maps - maps.amin(), Shading(Range.LAYER, boost=1.0))
    assert torch.allclose(full.high, full.maxima)
    half = shade(maps - maps.amin(), Shading(Range.LAYER, boost=0.5))
    expected = (full.maxima * full.maxima.amax()).sqrt()
    assert torch.allclose(half.high, expected)


def test_nan_and_infinity_have_their_own_colour_and_spoil_nothing_else(maps):
    clean = shade(maps, Shading(Range.UNIT))
    dirty = maps.clone()
    dirty[1, 0, 0], dirty[1, 0, 1] = torch.nan, torch.inf
    shaded = shade(dirty, Shading(Range.UNIT))
    assert int(shaded.bad) == 2
    assert (shaded.levels[1, 0, :2] == BAD).all()
    assert torch.equal(shaded.levels[0], clean.levels[0])
    assert shaded.maxima.isfinite().all()
    everything = shade(torch.full((2, 2, 2), torch.nan), Shading())
    assert (everything.levels == BAD).all()


def test_constant_maps_are_one_colour():
    assert shade(torch.full((2, 3, 3), 7.0), Shading(Range.UNIT)).levels.unique().numel() == 1


def test_tiles_lie_where_the_grid_says():
    levels = torch.arange(6, dtype=torch.uint8).view(6, 1, 1).expand(6, 2, 3).contiguous()
    grid = Grid.fit(6, 4, 6, aspect=1.5, gap=2)
    sheet = tile(levels, grid)
    assert sheet.shape == grid.shape
    for y in range(sheet.shape[0]):
        for x in range(sheet.shape[1]):
            unit = grid.at(x, y)
            assert sheet[y, x] == (GAP if unit is None else unit)


@pytest.mark.parametrize("count", [1, 5, 6, 7])
def test_tiles_laid_out_by_a_device_are_those_of_the_host(count):
    levels = torch.arange(count * 6, dtype=torch.uint8).view(count, 2, 3)
    grid, signed = Grid.fit(count, 8, 12, aspect=1.5, gap=2), torch.tensor(False)
    there = _tiled_there(_packed(levels, signed, Shading(), screen_palette), grid)
    here = coloured_tiles(levels, grid, signed, Shading())
    assert torch.equal(there.view(torch.uint8).view(*grid.shape, 4), here)
    assert np.array_equal(
        turned(here.numpy()), colour(tile(levels, grid), False, Shading()).numpy()
    )


def test_large_maps_are_averaged_but_keep_their_statistics():
    maps = torch.zeros(1, 100, 100)
    maps[0, 5, 5] = 9
    shaded = shade(maps, Shading(Range.UNIT), (10, 10))
    assert shaded.levels.shape == (1, 10, 10)
    assert shaded.maxima.tolist() == [9]
    height, width = tile_size(4096, 64, 64)
    assert height * width * 4096 <= 2_600_000


def test_colours_are_those_of_the_palette():
    levels = torch.tensor([[0, 253, GAP, BAD]], dtype=torch.uint8)
    for signed in (True, False):
        shading = Shading()
        name = shading.signed_colormap if signed else shading.colormap
        shown = colour(levels, torch.tensor(signed), shading)
        assert np.array_equal(shown[0].numpy(), palette(name)[[0, 253, GAP, BAD]])


def test_every_palette_loads_opaque():
    for name in COLORMAPS + SIGNED_COLORMAPS:
        assert palette(name).shape == (256, 4)
        assert (palette(name)[:, 3] == 255).all()


def test_overlay_leaves_the_picture_where_the_map_is_zero():
    picture = torch.full((8, 8, 3), 100, dtype=torch.uint8)
    nothing = torch.zeros(2, 2, dtype=torch.uint8)
    assert torch.equal(overlay(picture, nothing, torch.tensor(False), Shading(), 1.0), picture)
    everything = torch.full((2, 2), LEVELS - 1, dtype=torch.uint8)
    shown = overlay(picture, everything, torch.tensor(False), Shading(), 1.0)
    assert np.array_equal(shown[0, 0].numpy(), palette("viridis")[LEVELS - 1, :3])
