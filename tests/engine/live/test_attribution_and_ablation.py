"""The live line with views and with units switched off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.own_nets import Then

from nnvis.engine.live.ablation_state import AblationState
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import AblationRequest, AttackRequest, Request, fitted_to_model
from nnvis.imaging.attribution_options import Display
from nnvis.imaging.colormaps import BAD_COLOR
from nnvis.models.info import ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.sources import open_source
from nnvis.views import LOGITS, VIEWS
from nnvis.views.live import attribute
from nnvis.views.request import Ablation, AblationMode, AttributionRequest

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@pytest.fixture
def layers(info):
    maps = [one.name for one in info.layers if one.family == "conv"]
    return maps[0], maps[-1]


@pytest.mark.parametrize("view", ["gradient", "deconv", "gradcam"])
def test_a_snapshot_holds_the_view_of_the_selected_unit(model, info, frame, layers, view):
    request = Request(layers[1], 3, attribution=AttributionRequest(view))
    shown = process_frame(model, info, frame, request)
    x = model.prepare(frame.picture)[1]
    expected = VIEWS[view](model, x, layer=layers[1], unit=3, cells="map")[0].numpy()
    np.testing.assert_array_equal(shown.attribution.values, expected)
    assert shown.attribution.origin == AttributionRequest(view, layers[1], 3)
    assert shown.attribution.picture.shape == shown.fed.shape
    assert shown.attribution.peak == np.abs(expected).max() >= shown.attribution.high
    plain = process_frame(model, info, frame, Request(layers[1], 3))
    assert shown.top == plain.top
    np.testing.assert_array_equal(shown.sheet.picture, plain.sheet.picture)


def test_a_held_unit_stays_while_the_grid_shows_what_other_layers_get_back(
    model, info, frame, layers
):
    attribution = AttributionRequest("deconv", layers[1], 2, "max")
    pinned = replace(attribution, pinned=True)
    request = Request(layers[0], 1, attribution=pinned, grid="backward")
    shown = process_frame(model, info, frame, request)
    x = model.prepare(frame.picture)[1]
    looked = attribute(model, x, attribution, grid=layers[0])
    np.testing.assert_array_equal(shown.unit.values, looked.grid[0, 1].numpy())
    assert shown.attribution.origin == attribution
    assert shown.sheet.signed
    assert shown.sheet.low == -shown.sheet.high
    later = process_frame(
        model,
        info,
        frame,
        replace(request, attribution=replace(pinned, layer=layers[0]), layer=layers[1]),
    )
    assert not later.unit.values.any()
    assert later.attribution.note.endswith(f"{layers[1]} does not feed {layers[0]}")


def test_units_that_are_switched_off_change_what_comes_after_and_put_back_leave_nothing(
    model, info, frame, layers
):
    x = model.prepare(frame.picture)[1]
    with torch.no_grad(), record(model, [layers[1]]) as seen:
        logits = model(x)
    first = Ablation(layers[0], 0)
    request = Request(
        layers[1],
        1,
        ablation=AblationRequest((first, Ablation(layers[0], 2, AblationMode.SCALE, 3.0))),
    )
    shown = process_frame(model, info, frame, request)
    assert shown.sheet.signed
    off = process_frame(
        model, info, frame, replace(request, ablation=replace(request.ablation, compared=False))
    )
    np.testing.assert_allclose(
        shown.unit.values, off.unit.values - seen[layers[1]][0, 1].numpy(), atol=1e-6
    )
    assert np.abs(shown.unit.values).max() > 0
    at_it = process_frame(model, info, frame, replace(request, layer=layers[0], unit=0))
    assert not at_it.unit.values.any()
    before = process_frame(model, info, frame, Request(layers[1], 1))
    clean = {score.index: score.probability for score in before.top}
    for score in shown.unablated:
        if score.index in clean:
            assert score.probability == clean[score.index]
    assert [one.index for one in shown.unablated] == [one.index for one in shown.top]
    assert shown.top != before.top
    with torch.no_grad():
        assert torch.equal(model(x), logits)
    assert not any(len(getattr(one, kind)) for one in model.modules() for kind in HOOKS)


def test_a_frozen_unit_keeps_its_first_map_and_a_mean_follows(model, info, layers):
    frames = [open_source(f"sample:{name}").read() for name in ("chelsea", "coffee")]
    maps = [process_frame(model, info, one, Request(layers[0], 4)).unit.values for one in frames]
    state = AblationState()
    frozen, mean = (
        Ablation(layers[0], 4, AblationMode.FREEZE),
        Ablation(layers[0], 5, AblationMode.MEAN),
    )
    request = Request(layers[0], 4, ablation=AblationRequest((frozen, mean)))
    for one in frames:
        shown = process_frame(model, info, one, request, ablation_state=state)
        np.testing.assert_array_equal(shown.unit.values, maps[0])
    means = [
        process_frame(model, info, one, Request(layers[0], 5)).unit.values.mean() for one in frames
    ]
    got = process_frame(
        model, info, frames[1], replace(request, unit=5), ablation_state=state
    ).unit.values
    assert got.min() == got.max() == pytest.approx((means[0] + 2 * means[1]) / 3, rel=1e-5)
    process_frame(
        model,
        info,
        frames[1],
        replace(request, ablation=AblationRequest((mean,))),
        ablation_state=state,
    )
    assert list(state.maps) == [mean]


def test_an_attack_and_a_view_go_together(model, info, frame, layers):
    from nnvis.engine.protocol.request import AttackRequest

    request = Request(
        layers[1],
        1,
        attribution=AttributionRequest("gradient"),
        attack=AttackRequest(),
        ablation=AblationRequest((Ablation(layers[0], 0),)),
    )
    shown = process_frame(model, info, frame, request)
    assert shown.attack is not None
    assert shown.attribution is not None
    alone = process_frame(model, info, frame, replace(request, attack=None))
    np.testing.assert_array_equal(shown.attribution.values, alone.attribution.values)


def test_what_is_not_a_number_has_a_colour_of_its_own(model, info, frame, layers):
    broken = replace(Ablation(layers[0], 0, AblationMode.SCALE), factor=float("nan"))
    shown = process_frame(
        model,
        info,
        frame,
        Request(
            layers[0],
            0,
            attribution=AttributionRequest("gradient"),
            ablation=AblationRequest((broken,)),
        ),
    )
    assert (
        shown.attribution.bad
        == shown.attribution.values.size - np.isfinite(shown.attribution.values).sum()
        > 0
    )
    wrong = ~np.isfinite(shown.attribution.values).all(0)
    assert (shown.attribution.picture[wrong] == BAD_COLOR).all()
    assert not (shown.attribution.picture[~wrong] == BAD_COLOR).all(1).any()


def test_another_model_lets_go_of_what_it_does_not_have(info, layers):
    asked = Request(
        layers[0],
        attribution=AttributionRequest("gradcam", "no.such", 3, (2, 2), "no.other", pinned=True),
        ablation=AblationRequest(
            (Ablation("no.such", 0), Ablation(layers[0], 10_000), Ablation(layers[0], 1))
        ),
    )
    fitted = fitted_to_model(asked, info)
    assert fitted.ablation.units == (Ablation(layers[0], 1),)
    assert fitted.origin == AttributionRequest("gradcam", layers[0], 0, "map")
    kept = fitted_to_model(
        replace(asked, attribution=AttributionRequest(layer=LOGITS, unit=1, pinned=True)), info
    )
    assert kept.pinned


def test_without_a_view_nothing_looks_back(model, info, frame, layers, monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("nobody asked for a way back")

    monkeypatch.setattr("nnvis.engine.live.region_tracks.attribute", refuse)
    passes = []
    hook = model.network.register_forward_hook(lambda *_: passes.append(torch.is_grad_enabled()))
    process_frame(model, info, frame, Request(layers[1], 3))
    slow = Request(layers[1], 3, attribution=AttributionRequest("occlusion"), grid="backward")
    shown = process_frame(model, info, frame, slow)
    hook.remove()
    assert shown.attribution is None
    assert passes == [False, False]


@pytest.mark.parametrize("kind", ["raw", "grey", "norm", "blurred"])
@pytest.mark.parametrize("over", ["alone", "input", "active", "inactive"])
def test_every_display_is_a_picture(model, info, frame, layers, kind, over):
    display = Display(kind, over, 1.0)
    shown = process_frame(
        model, info, frame, Request(layers[1], 3, attribution=AttributionRequest(), display=display)
    )
    assert shown.attribution.picture.std() > 0
    assert shown.attribution.signed == (kind in ("raw", "grey"))
    none = process_frame(
        model,
        info,
        frame,
        Request(
            layers[1], 3, attribution=AttributionRequest(), display=replace(display, strength=0.0)
        ),
    )
    if over != "alone":
        np.testing.assert_array_equal(none.attribution.picture, none.fed)


def test_one_output_under_attack_is_compared_with_what_it_said_with_nothing_off():
    own = VisionModel(Then(lambda y: y, classes=1), input_size=(32, 32), labels=["cat", "dog"])
    own.name_both()
    info = own.info(ModelRequest())
    request = Request(
        "body.0",
        ablation=AblationRequest((Ablation("body.0", 1),)),
        attack=AttackRequest(eps=8 / 255),
    )
    shown = process_frame(own, info, open_source("sample:coffee").read(), request)
    plain = process_frame(own, info, open_source("sample:coffee").read(), Request("body.0"))
    assert {one.label for one in shown.top} == {"cat", "dog"}
    assert {one.label: one.probability for one in shown.unablated} == pytest.approx(
        {one.label: one.probability for one in plain.top}
    )
