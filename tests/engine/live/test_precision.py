"""Half precision where it is asked: of a plain look alone, told, and given up where it fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.own_nets import body, opened
from torch import nn

from nnvis.engine.input_check.half_difference import half_difference
from nnvis.engine.input_check.jobs import compare
from nnvis.engine.live.frame_loop import FrameLoop
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.observe import LensRequest, ObserveRequest, Pin
from nnvis.engine.protocol.request import AblationRequest, AttackRequest, GridShows, Half, Request
from nnvis.engine.protocol.snapshot import HalfLook
from nnvis.engine.saving.metadata import describe, restore
from nnvis.engine.saving.sheets import exact
from nnvis.models import half as halves
from nnvis.models.info import ModelRequest
from nnvis.models.layers import to_maps
from nnvis.probe import record
from nnvis.progress import drain
from nnvis.views.request import Ablation, AttributionRequest

KINDS = [Half.BFLOAT16, Half.FLOAT16]


class NotInHalf(nn.Module):
    """Multiplies by a tensor that is no weight of its: in half precision two types meet."""

    def __init__(self):
        super().__init__()
        self.body, self.own = body(), [torch.eye(10)]
        self.passes = 0

    def forward(self, x):
        self.passes += 1
        return self.body(x) @ self.own[0]


@pytest.mark.parametrize("half", KINDS)
def test_a_plain_look_is_near_but_not_the_same_and_says_so(model, info, frame, half):
    for layer in info.layers:
        asked = Request(layer.name, 1)
        names = [one.name for one in info.layers]
        plain = process_frame(model, info, frame, asked, thumbnails=names)
        shown = process_frame(model, info, frame, replace(asked, half=half), thumbnails=names)
        assert plain.half is None
        assert shown.half == HalfLook(half.value)
        assert shown.unit.values.dtype == np.float32
        size = np.abs(plain.unit.values).max()
        np.testing.assert_allclose(shown.unit.values, plain.unit.values, atol=0.02 * size)
        assert shown.top[0].index == plain.top[0].index
        assert shown.top[0].probability == pytest.approx(plain.top[0].probability, abs=0.02)
        assert shown.thumbnails.keys() == plain.thumbnails.keys()
    assert shown.top[0].probability != plain.top[0].probability


@pytest.mark.parametrize(
    "change",
    [
        {"attribution": AttributionRequest("gradient")},
        {"attribution": AttributionRequest("gradient"), "grid": GridShows.BACKWARD},
        {"ablation": AblationRequest((Ablation("conv1", 0),))},
        {"attack": AttackRequest(budget=10.0)},
        {"observe": ObserveRequest(pins=(Pin("conv1", 0),))},
        {"observe": ObserveRequest(lens=LensRequest())},
    ],
)
def test_all_else_has_all_digits(model, info, frame, change):
    asked = Request("conv2", 1, **change)
    plain = process_frame(model, info, frame, asked)
    shown = process_frame(model, info, frame, replace(asked, half=Half.BFLOAT16))
    assert shown.half.kind == ""
    assert not shown.half.badge
    assert "all digits" in shown.half.why
    np.testing.assert_array_equal(shown.unit.values, plain.unit.values)


def test_what_does_not_run_in_half_precision_is_shown_without_and_told_once(frame, caplog):
    model = opened(NotInHalf())
    info = model.info(ModelRequest("own"))
    asked = Request(info.layers[0].name, 1, half=Half.BFLOAT16)
    plain = process_frame(model, info, frame, replace(asked, half=Half.OFF))
    for _ in range(3):
        shown = process_frame(model, info, frame, asked)
        assert shown.half.kind == ""
        assert shown.half.refused
        assert shown.half.badge.startswith("not in half precision: expected m1 and m2")
        assert "\n" not in shown.half.badge
        np.testing.assert_array_equal(shown.unit.values, plain.unit.values)
        assert "half" not in describe(shown, "unit")
    assert len(caplog.records) == 1
    assert model.network.passes - 1 >= 3


def test_what_fails_anyway_is_not_laid_to_half_precision(frame):
    model = opened(body())
    info = model.info(ModelRequest("own"))

    def fail(_module, _inputs):
        raise RuntimeError("broken")

    hook = model.network[7].register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="broken"):
        process_frame(model, info, frame, Request("0", 1, half=Half.FLOAT16))
    hook.remove()
    halves.let_go(model)
    shown = process_frame(model, info, frame, Request("0", 1, half=Half.FLOAT16))
    assert shown.half == HalfLook("float16")


def test_a_network_that_is_in_half_precision_wears_the_badge_everywhere(frame):
    model = opened(body().bfloat16())
    info = model.info(ModelRequest("own"))
    for asked in (Request("0", 1), Request("0", 1, attribution=AttributionRequest("gradient"))):
        shown = process_frame(model, info, frame, asked)
        assert shown.half.badge == "half precision (bfloat16)"
        assert describe(shown, "sheet")["half"] == "of a network in half precision (bfloat16)"


def test_pictures_say_it_and_lead_back_to_it(model, info, frame):
    shown = process_frame(model, info, frame, Request("conv2", 1, half=Half.FLOAT16))
    for kind in ("sheet", "unit", "overlay"):
        meta = describe(shown, kind)
        assert meta["half"] == "of a network in half precision (float16)"
        assert restore(meta).request.half is Half.FLOAT16
    assert "half" not in describe(shown, "input")
    plain = describe(process_frame(model, info, frame, Request("conv2", 1)), "unit")
    assert "half" not in plain
    assert restore(plain).request.half is Half.OFF
    assert restore({**plain, "parameters": {"half": "quarter"}}).request.half is Half.OFF
    again = exact(replace(shown, path="some other way"), model)
    assert again.half == shown.half


def test_the_line_keeps_no_copy_where_it_is_switched_off(model, info, frame, monkeypatch):
    monkeypatch.setattr("nnvis.engine.live.fast_path.LOOKS", 0)
    monkeypatch.setattr("nnvis.engine.live.fast_path.LEAST_S", 0.0)
    seen = []
    loop = FrameLoop(
        model, info, Request("conv2", 1, half=Half.BFLOAT16), lambda: None, seen.append
    )
    for asked in (Half.BFLOAT16, Half.BFLOAT16, Half.OFF):
        loop.select(replace(loop.request, half=asked))
        loop.frames.put(info.preprocess.prepare(frame, loop.request.fit))
        loop.take(0.0)
        loop.step()
        shown = loop.snapshots.take()
        assert (shown.half is not None) == (asked is not Half.OFF)
        assert (halves._KNOWN[model].twin is not None) == (asked is not Half.OFF)
        assert loop.fast.preparing is None or asked is Half.OFF  # float32 is nothing to prepare
    loop.close()
    assert seen == []


@pytest.mark.parametrize("half", KINDS)
def test_the_difference_is_measured_on_the_picture_in_sight(model, info, frame, half):
    shown = process_frame(model, info, frame, Request("conv2", 1, half=half))
    found = half_difference(shown, model)
    assert (found.kind, found.precision, found.layer) == (half.value, "float32", "conv2")
    x = model.tensor(shown.fed)
    twin = halves.in_half(model, half.value)
    with torch.inference_mode(), record(model, ["conv2"]) as mine, record(twin, ["conv2"]) as other:
        logits, rounded = model(x), twin(x)
    off = (logits - rounded).abs().max() / logits.std()
    assert found.logits == pytest.approx(float(off), rel=1e-4)
    layer = info.require_layer("conv2")
    maps, rough = (to_maps(one["conv2"].float(), layer)[0] for one in (mine, other))
    reach = maps.max() - maps.min()
    if bool((maps < 0).any()) and bool((maps > 0).any()):
        reach = 2 * maps.abs().max()
    levels = float((maps - rough).abs().max() / reach) * 253
    assert found.levels == pytest.approx(levels, abs=1.01)
    same = {*logits[0].topk(5).indices.tolist()} & {*rounded[0].topk(5).indices.tolist()}
    assert (found.first, found.shared, found.listed) == (True, len(same), 5)
    report = drain(compare(shown).start(model))
    assert report.half == found
    plain = process_frame(model, info, frame, Request("conv2", 1))
    assert drain(compare(plain).start(model)).half is None
