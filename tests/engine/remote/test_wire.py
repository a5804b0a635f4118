"""What is sent comes back the same; what is no message is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.observations import Activity, LensResult
from nnvis.engine.protocol.observe import LensRequest, LensTopic, ObserveRequest, Pin
from nnvis.engine.protocol.request import AblationRequest, AttackRequest, Request
from nnvis.engine.protocol.snapshot import Observations, Snapshot
from nnvis.engine.remote.messages import Ask, GuestFrame
from nnvis.engine.remote.wire import MOST_BYTES, WireError, pack, unpack
from nnvis.imaging.colour_options import Range, Shading
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.sources import open_source
from nnvis.views.request import Ablation, AblationMode, AttributionRequest

REQUEST = Request(
    "conv3", 2, Shading(Range.FIXED, -1.5, 2.5), Fit.WHOLE,
    attribution=AttributionRequest("deconv", "conv2", 3, (1, 2), parameters=(("steps", 4),)),
    attack=AttackRequest(target=3),
    ablation=AblationRequest((Ablation("conv1", 1, AblationMode.CLAMP, low=float("-inf")),)),
    observe=ObserveRequest(LensRequest(LensTopic.WEIGHTS, (0, 1)), (Pin("conv1", 2),)),
)  # fmt: skip


def sent(value):
    """The parts as they arrive: bytes."""
    return [bytes(one) for one in pack(value)]


def test_a_request_comes_back_equal():
    ask = Ask(REQUEST, batch=True, held=True)
    assert unpack(Ask, sent(ask)) == ask


def test_a_snapshot_comes_back_with_every_number():
    model = load("tiny")
    info = model.info(ModelRequest("tiny"))
    frame = open_source("sample:chelsea").read()
    request = Request("conv3", 2, attribution=AttributionRequest(), attack=AttackRequest())
    shot = process_frame(model, info, frame, request, thumbnails=["conv1", "head"])
    odd = np.array([0.0, np.nan, np.inf], np.float64)
    activity = Activity(
        3, odd, np.array([1, 2]), 4, 5, float("nan"), float("inf"), 6, 0.5, np.arange(3), 16
    )
    lens = LensResult(LensTopic.ACTIVITY, "conv3", 2, activity)
    shot = replace(shot, observations=Observations(lens))
    back = unpack(Snapshot, sent(replace(shot, info=None)), {"info": info})
    assert back.info is info
    assert (back.request, back.layer, back.top) == (shot.request, shot.layer, shot.top)
    assert np.array_equal(back.sheet.picture, shot.sheet.picture)
    assert np.array_equal(back.attack.adversarial, shot.attack.adversarial)
    assert np.array_equal(back.attribution.values, shot.attribution.values)
    assert np.array_equal(back.thumbnails["head"], shot.thumbnails["head"])
    found = back.observations.lens.found
    assert isinstance(found, Activity)
    assert np.isnan(found.mean)
    assert found.deviation == float("inf")
    assert np.array_equal(found.edges, odd, equal_nan=True)
    assert unpack(type(info), sent(info)) == info


def hostile():
    """Heads and parts that somebody could send in place of a picture or a request."""
    frame = sent(GuestFrame(1, np.zeros((4, 4, 3), np.uint8), Fit.CROP))
    ask = json.loads(sent(Ask(REQUEST, batch=False))[0])

    def head(value, arrays=()):
        return json.dumps({"value": value, "arrays": list(arrays)}).encode()

    changed = json.loads(json.dumps(ask["value"]))
    changed["request"]["unit"] = True
    yield "nothing", GuestFrame, []
    yield "no JSON", GuestFrame, [b"\x80\x04K\x01."]  # a pickle
    yield "nested", GuestFrame, [b"[" * 100_000]
    yield "a number for all", GuestFrame, [head(7)]
    yield "lacks", GuestFrame, [head({"number": 1})]
    yield "another type", Ask, [head(changed)]
    yield "an array too few", GuestFrame, frame[:1]
    yield "a part too short", GuestFrame, [frame[0], frame[1][:-1]]
    yield "objects", GuestFrame, [frame[0].replace(b"uint8", b"object"), frame[1]]
    floats = frame[0].replace(b"uint8", b"float32").replace(b"[4, 4, 3]", b"[4, 3]")
    yield "floats", GuestFrame, [floats, frame[1]]
    huge = head({"number": 1, "picture": 0, "fit": "crop"}, [["uint8", [1 << 40, 1 << 40, 3]]])
    yield "a huge size", GuestFrame, [huge, b""]
    negative = head({"number": 1, "picture": 0, "fit": "crop"}, [["uint8", [-4, -4, 3]]])
    yield "a negative size", GuestFrame, [negative, frame[1]]
    yield "an array of nobody", GuestFrame, [head({"number": 1, "picture": 9, "fit": "crop"})]
    yield "a word unknown", GuestFrame, [frame[0].replace(b"crop", b"eval"), frame[1]]
    yield "an endless number", GuestFrame, [head({"number": 10**400, "picture": 0, "fit": "crop"})]
    yield "too much", GuestFrame, [frame[0], bytes(MOST_BYTES + 1)]
    yield "too many", GuestFrame, [frame[0], *[b""] * 5000]


def test_what_is_no_message_is_refused():
    for what, kind, parts in hostile():
        try:
            read = unpack(kind, parts)
        except WireError:
            continue
        pytest.fail(f"{what} was read as {read}")
