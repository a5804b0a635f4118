"""Files of people are read field by field: what does not fit takes its default, nothing raises."""

import json
from dataclasses import asdict

import pytest

from nnvis.config import Settings
from nnvis.engine.protocol.observe import Pin, Trigger, TriggerAction
from nnvis.engine.protocol.request import Request
from nnvis.engine.saving.metadata import restore
from nnvis.imaging.attribution_options import Display, DisplayKind, DisplayOver
from nnvis.imaging.colour_options import Range, Shading
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.structure import structure
from nnvis.views.request import Ablation, AblationMode, AttributionRequest

DEEP = json.loads("[" * 400 + "]" * 400)
ODD = (
    None,
    True,
    -1,
    10**400,
    2**70,
    float("inf"),
    float("nan"),
    "x",
    "",
    [],
    {},
    [[]],
    DEEP,
    {"a": DEEP},
)


@pytest.mark.parametrize("kind", [Display, Shading, Trigger, ModelRequest, Request, Settings])
@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_no_value_of_any_field_raises_and_the_others_stay(kind, odd):
    plain = json.loads(json.dumps(asdict(kind()), default=lambda one: one.value))
    assert structure(kind, plain) == kind()
    for name in plain:
        found = structure(kind, {**plain, name: odd})
        expected = {**asdict(kind()), name: None}
        assert {**asdict(found), name: None} == expected
        json.dumps(asdict(found), default=str, allow_nan=False)  # finite, at any depth
    assert structure(kind, {**plain, "no such field": odd}) == kind()


def test_what_has_no_default_is_needed():
    assert structure(Pin, {"layer": "conv", "unit": 3}) == structure(Pin, ["conv", 3])
    for odd in (
        {"layer": "conv"},
        ["conv"],
        ["conv", -1],
        ["conv", True],
        ["conv", 1.0],
        "conv",
        3,
    ):
        assert structure(Pin, odd) is None


def test_a_picture_and_settings_of_the_first_versions_are_read():
    meta = {
        "source": "sample:coffee", "model": "tiny", "layer": "conv3", "unit": 1,
        "request": {"spec": "tiny", "device": "cuda", "weights": None, "random_weights": False,
                    "seed": 3, "input_size": [64, 48], "mean": [0.5, 0.4, 0.3], "std": None,
                    "labels": None},
        "parameters": {"range": "fixed", "low": -1.0, "high": 3, "gamma": 0.5, "boost": 0.0,
                       "colormap": "magma", "signed_colormap": "vik", "fit": "whole",
                       "overlay": 0.25},
        "back": {"view": "guided", "layer": "conv2", "unit": 2, "seed": [1, 2], "at": ""},
        "held": True, "grid_shows": "backward",
        "display": {"kind": "blurred", "over": "input", "strength": 0.5, "blur": 3.0},
        "ablations": [{"layer": "conv2", "unit": 4, "how": "clamp", "factor": 1.0, "low": -1.0,
                       "high": 2.0}, {"layer": "conv2"}],
        "compared": False,
    }  # fmt: skip
    view = restore(meta)
    request = view.request
    assert view.source == "sample:coffee"
    assert view.model_request == ModelRequest(
        "tiny", seed=3, input_size=(64, 48), mean=(0.5, 0.4, 0.3)
    )
    assert (request.layer, request.unit, request.fit) == ("conv3", 1, Fit.WHOLE)
    assert request.shading == Shading(
        Range.FIXED, -1.0, 3.0, 0.5, colormap="magma", signed_colormap="vik"
    )
    assert request.layout.overlay == 0.25
    assert request.attribution == AttributionRequest("guided", "conv2", 2, (1, 2), pinned=True)
    assert request.backward_grid
    assert request.display == Display(DisplayKind.BLURRED, DisplayOver.INPUT, 0.5, 3.0)
    change = Ablation("conv2", 4, AblationMode.CLAMP, 1.0, -1.0, 2.0)
    assert request.ablation.units == (change,)
    assert not request.ablation.compared
    for name in meta:
        for odd in ODD:
            assert isinstance(restore({**meta, name: odd}).request, Request)
    meta["held"] = False
    assert restore(meta).request.attribution == AttributionRequest("guided", cells=(1, 2))
    trigger = {"sigmas": 6.0, "top": True, "action": "save", "pause": 10.0, "most": 50}
    assert structure(Trigger, trigger) == Trigger(6.0, True, TriggerAction.SAVE, 10.0)
    settings = {"version": 1, "unit": 7, "recent_models": ["tiny", 3], "window": {"mirror": True}}
    assert structure(Settings, settings) == Settings(
        unit=7, recent_models=["tiny"], window={"mirror": True}
    )
