"""Slow views beside the stream: true, painted anew at will, and out of the way of live looks."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from nnvis.engine.attribution import jobs as back_jobs
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import AblationRequest, Request
from nnvis.engine.saving.metadata import describe, restore
from nnvis.engine.saving.sheets import save_shown
from nnvis.errors import UserError
from nnvis.export import read_meta
from nnvis.imaging.attribution_options import Display
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.sources import open_source
from nnvis.views import SLOW_VIEWS
from nnvis.views.ablate import ablate
from nnvis.views.request import Ablation, AblationMode, AttributionRequest

OFF = (Ablation("conv1", 0, AblationMode.SCALE, 3.0),)
ASKED = Request(
    "conv3",
    2,
    attribution=AttributionRequest("smoothgrad", cells="max"),
    ablation=AblationRequest(OFF),
)


@pytest.fixture(scope="module")
def model():
    return load("tiny")


@pytest.fixture(scope="module")
def snapshot(model):
    info = model.info(ModelRequest("tiny"))
    return process_frame(model, info, open_source("sample:chelsea").read(), ASKED)


def hooks(model):
    return sum(len(one._forward_hooks) for one in model.modules())


def test_a_slow_view_sees_what_is_switched_off_and_live_looks_between_its_steps_do_not(
    model, snapshot
):
    steps = back_jobs.attribute_slowly(snapshot, ASKED).start(model)
    left = 0
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found = done.value
            break
        left += hooks(model)
    assert left == 0
    x = model.tensor(snapshot.fed)
    with ablate(model, OFF):
        expected = drain(SLOW_VIEWS["smoothgrad"](model, x, layer="conv3", unit=2, cells="max"))
    np.testing.assert_array_equal(found.attribution.values, expected[0].numpy())
    assert found.attribution.origin == AttributionRequest("smoothgrad", "conv3", 2, "max")


def test_what_was_found_is_painted_anew_without_the_network(model, snapshot):
    found = drain(back_jobs.attribute_slowly(snapshot, ASKED).start(model))
    expected = replace(ASKED, display=Display("norm"))
    again = drain(back_jobs.repaint(found, expected).start(None))
    np.testing.assert_array_equal(again.attribution.values, found.attribution.values)
    assert again.attribution.colormap == "viridis"
    assert again.request.display == expected.display


def test_it_is_saved_beside_the_live_pictures_and_leads_back(model, snapshot, tmp_path):
    found = drain(back_jobs.attribute_slowly(snapshot, ASKED).start(model))
    paths = drain(save_shown(snapshot, tmp_path, "shot", found))
    meta = read_meta(paths[-1])
    assert paths[-1].name == "shot_back_smoothgrad.png"
    assert meta["view"] == "smoothgrad"
    attribution = restore(json.loads(json.dumps(describe(found, "back")))).request
    assert attribution.origin == found.attribution.origin
    assert attribution.live_origin is None


def test_it_can_be_ended_and_refuses_what_one_frame_does_not_tell(model, snapshot):
    steps = back_jobs.attribute_slowly(snapshot, ASKED).start(model)
    next(steps)
    steps.close()
    assert hooks(model) == 0
    held = replace(ASKED, ablation=AblationRequest((Ablation("conv1", 0, AblationMode.FREEZE),)))
    with pytest.raises(UserError, match="put back those that are held"):
        drain(back_jobs.attribute_slowly(snapshot, held).start(model))
