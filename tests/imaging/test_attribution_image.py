"""What came back to the pixels has the colours that the legend says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from nnvis.imaging.attribution_image import blurred, paint
from nnvis.imaging.attribution_options import Display
from nnvis.imaging.colormaps import BAD_COLOR, palette
from nnvis.imaging.colour_options import Shading

FED = torch.full((6, 7, 3), 100, dtype=torch.uint8)


def some(size=1.0):
    generator = torch.Generator().manual_seed(0)
    return size * torch.randn(3, 6, 7, generator=generator)


@pytest.mark.parametrize("size", [1.0, 1e-25, 1e25])
def test_raw_is_grey_at_zero_and_one_scale_serves_all_channels(size):
    values = some(size)
    values[:, 2, 3] = 0
    values[1, 0, 0] = values.abs().max() * 20  # far beyond all others
    painted = paint(values, True, FED, Display("raw"), Shading())
    assert (painted.picture[2, 3] == 128).all()
    assert painted.peak == values.abs().max()
    assert painted.reach < painted.peak / 2
    expected = ((values / painted.reach).clamp(-1, 1) + 1) * 127.5
    assert (painted.picture.permute(2, 0, 1).float() - expected).abs().max() <= 0.51
    assert painted.picture[0, 0, 1] == 255


def test_grey_and_norm_go_by_the_colour_maps():
    values = some()
    grey = paint(values, True, FED, Display("grey"), Shading(signed_colormap="red-green"))
    assert grey.signed
    assert grey.colormap == "red-green"
    levels = ((values.mean(0) / grey.reach).clamp(-1, 1) + 1) / 2 * 253 + 0.5
    np.testing.assert_array_equal(grey.picture, palette("red-green")[levels.int()][..., :3])
    norm = paint(values, True, FED, Display("norm"), Shading(colormap="magma"))
    assert not norm.signed
    levels = (values.norm(dim=0) / norm.reach).clamp(0, 1) * 253 + 0.5
    np.testing.assert_array_equal(norm.picture, palette("magma")[levels.int()][..., :3])


@pytest.mark.parametrize("sigma", [0.7, 4.0])
def test_the_blur_is_that_of_scipy(sigma):
    values = torch.rand(1, 40, 50, generator=torch.Generator().manual_seed(0))
    reach = -(-3 * sigma // 1)
    expected = gaussian_filter(values[0].numpy(), sigma, mode="mirror", radius=int(reach))
    np.testing.assert_allclose(blurred(values, sigma)[0], expected, atol=1e-6)
    assert torch.equal(blurred(values, 0), values)


def test_what_is_not_a_number_is_counted_and_marked_whatever_lies_over_what():
    values = some()
    values[1, 2, 3], values[0, 0, 0] = float("nan"), float("inf")
    for over in ("alone", "input", "active", "inactive"):
        painted = paint(values, True, FED, Display("norm", over), Shading())
        assert painted.bad == 2
        marked = (painted.picture == torch.tensor(BAD_COLOR)).all(2)
        assert marked.nonzero().tolist() == [[0, 0], [2, 3]]


def test_the_input_shows_where_the_view_is_strong_or_weak():
    values = torch.zeros(1, 6, 7)
    values[0, 3, 3] = 1
    active = paint(values, False, FED, Display("raw", "active", 1.0), Shading()).picture
    inactive = paint(values, False, FED, Display("raw", "inactive", 1.0), Shading()).picture
    assert (active[3, 3] == 100).all()
    assert (inactive[3, 3] == 0).all()
    assert (active[0, 0] == 0).all()
    assert (inactive[0, 0] == 100).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_any_number_of_channels_is_a_picture(channels):
    values = torch.randn(channels, 6, 7)
    for kind in ("raw", "grey", "norm", "blurred"):
        painted = paint(values, True, FED, Display(kind, "input"), Shading())
        assert painted.picture.shape == (6, 7, 3)
