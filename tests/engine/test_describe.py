"""A saved picture says what it shows, and leads back there."""

import json
from dataclasses import replace

import pytest

from nnvis.engine.describe import describe, restore
from nnvis.engine.look import look
from nnvis.engine.selection import Selection
from nnvis.errors import UserError
from nnvis.imaging.shading import Range, Shading
from nnvis.models import load
from nnvis.models.card import ModelRequest
from nnvis.sources import open_source

REQUEST = ModelRequest("tiny", seed=3, mean=(0.5, 0.4, 0.3))


@pytest.fixture(scope="module")
def shown():
    model = load("tiny", seed=3, mean=(0.5, 0.4, 0.3))
    card = model.card(REQUEST)
    shading = Shading(Range.FIXED, -1, 3, gamma=0.5, signed_colormap="vik")
    selection = Selection(card.layers[1].name, 2, shading, fit="whole", overlay=0.25)
    return look(model, card, open_source("sample:coffee").read(), selection)


def test_the_view_comes_back_as_it_was(shown):
    view = restore(json.loads(json.dumps(describe(shown, "sheet"))))
    assert view.request == REQUEST
    assert view.source == "sample:coffee"
    assert view.selection == replace(shown.selection, aspect=view.selection.aspect)


def test_a_picture_of_someone_elses_code_does_not_start_it(shown):
    meta = {**describe(shown, "sheet"), "model": "nets.py:make"}
    with pytest.raises(UserError, match=r"nnvis --model nets\.py:make"):
        restore(meta)


def test_passwords_of_cameras_do_not_travel_with_pictures(shown):
    frame = replace(shown.frame, source="rtsp://me:secret@camera.local:554/live?token=1")
    meta = describe(replace(shown, frame=frame), "input")
    assert meta["source"] == "rtsp://camera.local:554/live"


@pytest.mark.parametrize("junk", [{}, {"request": 3, "parameters": [], "unit": "x", "layer": 5}])
def test_damaged_descriptions_give_defaults(junk):
    assert restore(junk).request == ModelRequest()
