"""A saved picture says what it shows, and leads back there."""

import json
from dataclasses import replace

import pytest

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.observations import LensResult, PinReading
from nnvis.engine.protocol.observe import Pin
from nnvis.engine.protocol.request import AblationRequest, PaneLayout, Request
from nnvis.engine.protocol.snapshot import Observations
from nnvis.engine.saving.metadata import describe, restore
from nnvis.imaging.attribution_options import Display
from nnvis.imaging.colour_options import Range, Shading
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.sources import open_source
from nnvis.views.request import Ablation, AblationMode, AttributionRequest

REQUEST = ModelRequest("tiny", seed=3, mean=(0.5, 0.4, 0.3))


@pytest.fixture(scope="module")
def shown():
    model = load("tiny", seed=3, mean=(0.5, 0.4, 0.3))
    info = model.info(REQUEST)
    shading = Shading(Range.FIXED, -1, 3, gamma=0.5, signed_colormap="vik")
    request = Request(info.layers[1].name, 2, shading, fit="whole", layout=PaneLayout(overlay=0.25))
    return process_frame(model, info, open_source("sample:coffee").read(), request)


def test_the_view_comes_back_as_it_was(shown):
    view = restore(json.loads(json.dumps(describe(shown, "sheet"))))
    assert view.model_request == REQUEST
    assert view.source == "sample:coffee"
    assert view.request == shown.request


def test_a_view_and_what_is_switched_off_come_back_too():
    model = load("tiny")
    info = model.info(ModelRequest("tiny"))
    layer = info.layers[3].name
    asked = Request(
        layer,
        1,
        attribution=AttributionRequest("guided", info.layers[5].name, 2, (1, 2), pinned=True),
        grid="backward",
        display=Display("blurred", "input", 0.5, 3.0),
        ablation=AblationRequest(
            (Ablation(layer, 0), Ablation(layer, 1, AblationMode.CLAMP, 1.0, -1.0, 2.0)),
            compared=False,
        ),
    )
    shown = process_frame(model, info, open_source("sample:coffee").read(), asked)
    for kind in ("sheet", "back"):
        meta = json.loads(json.dumps(describe(shown, kind)))
        assert meta["view"] == "guided"
        assert restore(meta).request == asked
    assert meta["scale"]["high"] == shown.attribution.high


@pytest.mark.parametrize("junk", [{}, {"request": 3, "parameters": [], "unit": "x", "layer": 5}])
def test_damaged_descriptions_give_defaults(junk):
    odd = {"back": {"view": "deconv", "layer": 3}, "ablations": [7, {"layer": "a", "unit": -1}]}
    assert restore({**junk, **odd, "display": {"kind": [], "blur": "x"}}) == restore(junk)
    assert restore(junk).model_request == ModelRequest()


def test_the_lens_and_the_pins_are_told_beside_the_unit(shown):
    lens = LensResult("weights", shown.layer.name, 2, None, "it has none")
    pins = (PinReading(Pin("head", 1), 3.0, 2.0, 1.0, 0.5, 40, True),)
    meta = json.loads(
        json.dumps(describe(replace(shown, observations=Observations(lens, pins)), "unit"))
    )
    assert (meta["lens"]["page"], meta["lens"]["note"]) == ("weights", "it has none")
    assert meta["pins"][0] | {"layer": "head", "max": 3.0, "sigma": 0.5} == meta["pins"][0]
    assert not {"lens", "pins"} & describe(shown, "unit").keys()
