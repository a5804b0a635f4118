"""One colour for a sign, and one for what is no number, in every place that draws them."""

import time

import numpy as np
import pytest
import torch
from torch import nn

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import Request
from nnvis.imaging.attribution_image import paint
from nnvis.imaging.attribution_options import Display, DisplayKind, DisplayOver
from nnvis.imaging.colormaps import BAD_COLOR, palette
from nnvis.imaging.colour_options import SIGNED_COLORMAPS, Range, Shading
from nnvis.imaging.palette import SIGNED, negative_of, positive_of
from nnvis.models import VisionModel
from nnvis.models.info import ModelRequest
from nnvis.sources.frame import Frame
from nnvis.views.request import AttributionRequest


def halves(bad):
    net = nn.Sequential()
    net.sign = Sign(bad)
    net.pool = nn.AdaptiveAvgPool2d(1)
    net.flat = nn.Flatten()
    return VisionModel(net, input_size=(16, 16), mean=(0.0,), std=(1.0,), channels=3)


class Sign(nn.Module):
    def __init__(self, bad):
        super().__init__()
        self.weight, self.bad = nn.Parameter(torch.ones(2)), bad

    def forward(self, x):
        side = torch.linspace(-1, 1, 16).expand(1, 2, 16, 16) * self.weight.view(1, 2, 1, 1)
        side = side + 0 * x.mean()
        if self.bad:
            side = side.clone()
            side[0, 0, :2, 8:10] = torch.nan
            side[0, 0, 2:4, 8:10] = torch.inf
        return side


def look(bad, **changes):
    model = halves(bad)
    info = model.info(ModelRequest("halves"))
    grey = np.full((16, 16, 3), 90, np.uint8)
    frame = Frame(grey, 0, time.monotonic(), "drawn")
    return process_frame(model, info, frame, Request("sign", 0, **changes))


def hue(colour):
    """Which of the three channels stands out: what tells blue from orange, red from green."""
    return np.asarray(colour, float) - np.mean(colour)


def alike(first, second):
    first, second = hue(first), hue(second)
    return float(first @ second) / (np.linalg.norm(first) * np.linalg.norm(second))


@pytest.mark.parametrize("name", SIGNED_COLORMAPS)
def test_the_signs_have_the_hues_of_their_map_and_are_told_apart(name):
    low, high = palette(name)[10, :3], palette(name)[243, :3]
    assert alike(negative_of(name), low) > 0.8
    assert alike(positive_of(name), high) > 0.8
    assert alike(negative_of(name), positive_of(name)) < 0


def test_grid_unit_overlay_and_view_give_a_sign_the_same_colour():
    assert Shading().signed_colormap == SIGNED
    shot = look(False)
    x, y, wide, high = shot.sheet.grid.rect(0)
    tile = shot.sheet.picture[y : y + high, x : x + wide, :3]
    values = torch.linspace(-1, 1, 16).expand(1, 16, 16)
    fed = torch.full((16, 16, 3), 90, dtype=torch.uint8)
    view = paint(values, True, fed, Display(DisplayKind.GREY), Shading()).picture.numpy()
    over = paint(
        values, True, fed, Display(DisplayKind.GREY, DisplayOver.INPUT), Shading()
    ).picture.numpy()
    for drawn in (tile, shot.unit.picture[..., :3], shot.unit.overlay, view, over):
        middle, right = drawn[drawn.shape[0] // 2], drawn.shape[1] - 1
        assert alike(middle[1], negative_of(SIGNED)) > 0.8
        assert alike(middle[right - 1], positive_of(SIGNED)) > 0.8


def test_lists_and_scores_give_a_sign_the_same_colour(qtbot):
    from nnvis.gui.widgets.unit_list import UnitList, UnitListEntry

    rows = UnitList("links", 2)
    qtbot.addWidget(rows)
    rows.resize(300, 42)
    rows.show_signs(SIGNED)
    rows.show_entries([UnitListEntry("a", 0, "plus", 1.0), UnitListEntry("a", 1, "minus", -1.0)])
    picture = rows.grab().toImage()
    bar = min(70.0, rows.width() * 0.26)
    plus, minus = (
        picture.pixelColor(int(bar * part), row * 21 + 10).getRgb()[:3]
        for part, row in ((0.75, 0), (0.25, 1))
    )
    assert plus == positive_of(SIGNED)
    assert minus == negative_of(SIGNED)


@pytest.mark.parametrize("values", [Range.LAYER, Range.UNIT])
def test_what_is_no_number_has_its_own_colour_everywhere(values):
    shot = look(True, shading=Shading(range=values))
    x, y, wide, high = shot.sheet.grid.rect(0)
    tile = shot.sheet.picture[y : y + high, x : x + wide, :3]
    for drawn in (tile, shot.unit.picture[..., :3], shot.unit.overlay):
        cell = drawn.shape[0] // 16
        wrong = (drawn == BAD_COLOR).all(2)
        assert wrong.sum() == 8 * cell * cell
        assert wrong[: 4 * cell, 8 * cell : 10 * cell].all()
    # The others keep the colours that they have without it.
    good = look(False, shading=Shading(range=values)).unit.overlay
    np.testing.assert_array_equal(shot.unit.overlay[8:], good[8:])
    assert shot.sheet.bad == 8


def test_a_view_of_bad_values_marks_them_too():
    values = torch.zeros(3, 16, 16)
    values[:, 2, 3] = torch.nan
    values[:, 9, 9] = 1.0
    fed = torch.full((16, 16, 3), 90, dtype=torch.uint8)
    for kind in (DisplayKind.RAW, DisplayKind.GREY, DisplayKind.NORM):
        for over in (DisplayOver.ALONE, DisplayOver.INPUT):
            drawn = paint(values, True, fed, Display(kind, over), Shading())
            wrong = (drawn.picture.numpy() == BAD_COLOR).all(2)
            assert wrong.nonzero()[0].tolist() == [2]
            assert int(drawn.bad) == 3


def test_class_activation_maps_mark_a_bad_cell():
    for name in ("gradcam", "gradcam++", "layercam"):
        shot = look(
            True, attribution=AttributionRequest(name, "", 1, "sum", at="sign", pinned=True)
        )
        assert shot.attribution.bad > 0
        assert (shot.attribution.picture == BAD_COLOR).all(2).any()
