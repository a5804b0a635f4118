"""One map over its own range."""

import numpy as np
import pytest
import torch

from nnvis.imaging.colour_options import Range, Shading
from nnvis.imaging.colourise import shade
from nnvis.imaging.own_range import own_levels

MAPS = {
    "signs": lambda draw: draw - 0.3,
    "above zero": lambda draw: draw + 0.1,
    "below zero": lambda draw: -draw,
    "zeros": lambda draw: 0 * draw,
    "tiny": lambda draw: draw * np.float32(1e-37),
    "large": lambda draw: (draw - 0.5) * np.float32(3e38),
    "one bad": lambda draw: np.where(draw == draw.max(), np.nan, draw),
    "infinite": lambda draw: np.where(draw == draw.max(), np.inf, draw),
}


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("kind", MAPS)
def test_the_host_draws_what_the_device_would(kind: str, signed: bool) -> None:
    map_ = MAPS[kind](np.random.default_rng(0).random((9, 13), np.float32)).astype(np.float32)
    by_torch = shade(torch.from_numpy(map_)[None], Shading(Range.UNIT), signed=signed).levels[0]
    assert np.array_equal(own_levels(map_, signed=signed), by_torch.numpy())
