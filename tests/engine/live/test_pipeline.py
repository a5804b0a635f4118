"""The whole line, headless: frame -> tensor -> activations -> coloured sheet."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import GridShows, Request
from nnvis.engine.render.sheet import overlay_of
from nnvis.errors import UserError
from nnvis.imaging.colormaps import palette
from nnvis.imaging.colour_options import Range, Shading
from nnvis.models.layers import to_maps
from nnvis.models.preprocess import Fit
from nnvis.probe import record
from nnvis.views.request import LOGITS, AttributionRequest


def test_a_snapshot_is_what_the_network_did(model, info, frame):
    for layer in info.layers:
        unit = layer.units - 1
        shown = process_frame(model, info, frame, Request(layer.name, unit))
        with record(model, [layer.name]) as seen, torch.no_grad():
            logits = model(model.prepare(frame.picture)[1])
        maps, _ = to_maps(seen[layer.name], layer)
        assert shown.sheet.picture.shape == (*shown.sheet.grid.shape, 4)
        assert shown.sheet.grid.count == layer.units
        np.testing.assert_array_equal(shown.unit.values, maps[unit].numpy())
        np.testing.assert_allclose(shown.sheet.maxima, maps.amax((1, 2)).numpy())
        left, top, width, height = shown.sheet.grid.rect(unit)
        tile = shown.sheet.picture[top : top + height, left : left + width]
        times = tile.shape[0] // shown.unit.picture.shape[0]
        np.testing.assert_array_equal(tile[::times, ::times], shown.unit.picture)
        expected = logits[0].softmax(0).sort(descending=True)
        assert [score.index for score in shown.top] == expected.indices[:5].tolist()
        assert shown.top[0].label == info.labels[shown.top[0].index]


@pytest.mark.parametrize("values", Range)
def test_the_map_over_the_input_is_the_same_where_nobody_asked_for_it(model, info, frame, values):
    for layer in (info.layers[0], info.layers[-1]):
        plain = Request(layer.name, 1, Shading(values))
        back = AttributionRequest("gradient", LOGITS, 1, pinned=True)
        signed = replace(plain, attribution=back, grid=GridShows.BACKWARD)
        for asked in (plain, signed):
            unasked = replace(asked, layout=replace(asked.layout, overlaid=False))
            shown, hidden = (process_frame(model, info, frame, one) for one in (asked, unasked))
            assert shown.unit.overlay.shape == shown.fed.shape
            assert not hidden.unit.overlay.size
            np.testing.assert_array_equal(overlay_of(hidden), shown.unit.overlay)


def test_the_strongest_cell_has_the_strongest_colour(model, info, frame):
    layer = next(one for one in info.layers if one.family == "activation")
    shown = process_frame(model, info, frame, Request(layer.name, 3))
    at = np.unravel_index(shown.unit.values.argmax(), shown.unit.values.shape)
    strongest = process_frame(
        model, info, frame, Request(layer.name, int(shown.sheet.maxima.argmax()))
    )
    top = np.unravel_index(strongest.unit.values.argmax(), strongest.unit.values.shape)
    np.testing.assert_array_equal(strongest.unit.picture[top], palette("viridis")[253])
    assert shown.unit.values[at] == pytest.approx(shown.sheet.maxima[3])


def test_thumbnails_come_with_the_pass_and_leave_no_hook(model, info, frame):
    names = [layer.name for layer in info.layers]
    shown = process_frame(model, info, frame, Request(names[0]), thumbnails=names)
    assert set(shown.thumbnails) == set(names)
    assert all(one.shape[2] == 4 and max(one.shape) <= 40 for one in shown.thumbnails.values())
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in model.modules())


def test_what_was_fed_for_another_choice_is_not_used(model, info, frame):
    whole = Request(info.layers[0].name, fit="whole")
    stale = info.preprocess.prepare(frame, Fit.CROP)
    shown = process_frame(model, info, frame, whole, stale)
    np.testing.assert_array_equal(shown.fed, info.preprocess.feed(frame.picture, "whole"))


def test_layers_and_units_that_do_not_exist(model, info, frame):
    name = info.layers[0].name
    with pytest.raises(UserError, match="has no layer 'nope'; try"):
        process_frame(model, info, frame, Request("nope"))
    with pytest.raises(UserError, match=f"{name} has no unit 10000; it has units 0 to"):
        process_frame(model, info, frame, Request(name, 10000))
