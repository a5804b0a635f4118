"""Rounding that stays inside."""

import pytest
import torch

from nnvis.attacks.norms import LINF
from nnvis.attacks.quantise import from_bytes, require_levels, round_l2, to_bytes
from nnvis.errors import UserError


def picture(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return from_bytes(torch.randint(0, 256, (3, 3, 20, 20), generator=generator).to(torch.uint8))


@pytest.mark.parametrize("levels", [1, 2.5, 8])
def test_linf_rounding_is_the_nearest_picture_inside(levels):
    x = picture()
    z = (x + torch.randn(x.shape, generator=torch.Generator().manual_seed(1)) * 0.02).clamp(0, 1)
    rounded = LINF.around(x, levels / 255).round(z)
    change = to_bytes(rounded).int() - to_bytes(x).int()
    assert change.abs().max() == int(levels)
    expected = to_bytes(z).int() - to_bytes(x).int()
    assert torch.equal(change, expected.clamp(-int(levels), int(levels)))
    assert torch.equal(from_bytes(to_bytes(rounded)), rounded)


def test_l2_rounding_keeps_the_length_of_a_change_that_plain_rounding_would_lose():
    x = picture()
    change = torch.randn(x.shape, generator=torch.Generator().manual_seed(1)) * 0.0003
    z = (x + change).clamp(0, 1)
    assert torch.equal(to_bytes(z), to_bytes(x))
    rounded = round_l2(x, z)
    length, expected = (rounded - x).flatten(1).norm(dim=1), (z - x).flatten(1).norm(dim=1)
    assert (length <= expected * 1.001).all()
    assert (length >= 0.9 * expected).all()
    moved = (rounded != x) & (z != x)
    assert (((rounded - x) * (z - x))[moved] > 0).all()
    require_levels(rounded)


def test_no_change_stays_none():
    x = picture()
    assert torch.equal(round_l2(x, x), x)


def test_values_between_the_levels_are_refused():
    require_levels(picture())
    with pytest.raises(UserError, match="256 levels"):
        require_levels(picture() * 0.999)
