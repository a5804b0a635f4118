"""The way from a unit to its tile and back."""

import pytest

from nnvis.imaging.grid import Grid


@pytest.mark.parametrize("count", [1, 7, 16, 1000])
@pytest.mark.parametrize("aspect", [0.3, 1.0, 2.5])
def test_every_pixel_leads_to_the_tile_that_covers_it(count, aspect):
    grid = Grid.fit(count, 4, 5, aspect=aspect, gap=2)
    covered = {}
    for unit in range(count):
        left, top, width, height = grid.rect(unit)
        for x in (left, left + width - 1):
            for y in (top, top + height - 1):
                covered[x, y] = unit
    assert all(grid.at(x, y) == unit for (x, y), unit in covered.items())
    height, width = grid.shape
    found = [grid.at(x, y) for y in range(-1, height + 1) for x in range(-1, width + 1)]
    assert {one for one in found if one is not None} == set(range(count))
    assert sum(one is not None for one in found) == count * 4 * 5


def test_fit_draws_tiles_as_large_as_any_layout_can():
    grid = Grid.fit(1000, 20, 20, aspect=1.6, gap=2)
    best = max(min(1 / (-(-1000 // cols) * 22), 1.6 / (cols * 22)) for cols in range(1, 1001))
    assert min(1 / (grid.rows * 22), 1.6 / (grid.cols * 22)) == pytest.approx(best)


def test_a_tile_that_is_not_there():
    with pytest.raises(IndexError, match="tile 4 of 4"):
        Grid.fit(4, 2, 2).rect(4)
