"""A unit's map over the picture."""

import numpy as np
import pytest
import torch

from nnvis.imaging.colormaps import BAD, BAD_COLOR, LEVELS, palette
from nnvis.imaging.colour_options import Shading
from nnvis.imaging.overlay import overlay
from nnvis.imaging.own_range import own_levels


@pytest.mark.parametrize("signed", [False, True])
def test_each_pixel_lies_between_picture_and_colour_by_the_distance_from_zero(signed: bool) -> None:
    picture = torch.randint(0, 256, (16, 16, 3), dtype=torch.uint8)
    levels = torch.randint(0, LEVELS, (16, 16), dtype=torch.uint8)
    levels[0, 0] = BAD
    shading, strength = Shading(), 0.6

    blended = overlay(picture, levels, torch.tensor(signed), shading, strength)

    zero = (LEVELS - 1) // 2 if signed else 0
    entries = np.where(levels == BAD, zero, levels)
    table = palette(shading.signed_colormap if signed else shading.colormap)[..., :3]
    part = entries / (LEVELS - 1)
    opacity = (np.abs(2 * part - 1) if signed else part)[..., None] * strength
    by_hand = picture.numpy() * (1 - opacity) + table[entries] * opacity
    by_hand[0, 0] = BAD_COLOR  # a value that is none, in its own colour
    np.testing.assert_allclose(blended.numpy(), by_hand, atol=1.01)  # opacity is kept to 1/255


@pytest.mark.parametrize("signed", [False, True])
def test_a_map_of_nothing_but_zeros_leaves_the_picture_as_it_is(signed: bool) -> None:
    picture = torch.randint(0, 256, (16, 16, 3), dtype=torch.uint8)
    levels = torch.from_numpy(own_levels(np.zeros((4, 4), np.float32), signed=signed))
    blended = overlay(picture, levels, signed, Shading(), 1.0)
    np.testing.assert_allclose(blended.float(), picture.float(), atol=1)  # zero lies between two
