"""What is found out about the attacked picture that is shown, and what is written of it."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from nnvis.engine.attack.jobs import export, printing, smallest, surroundings, survival
from nnvis.engine.attack.live_attack import LiveAttackState
from nnvis.engine.attack.second_model import SecondModel
from nnvis.engine.live.pipeline import process_frame
from nnvis.engine.protocol.request import AttackRequest, Request
from nnvis.engine.saving.metadata import describe
from nnvis.errors import UserError
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.sources.frame import Frame
from nnvis.sources.picture import read_picture

REQUEST = ModelRequest("tiny")


@pytest.fixture(scope="module")
def model():
    return load("tiny")


@pytest.fixture(scope="module")
def shown(model):
    """A frame of 96 x 64 that the tiny network is fooled on."""
    info, attack_state = model.info(REQUEST), LiveAttackState()
    picture = np.random.default_rng(1).integers(60, 190, (64, 96, 3), dtype=np.uint8)
    frame = Frame(picture, 0, time.monotonic(), "made-up")
    request = Request(info.layers[0].name, attack=AttackRequest(eps=16 / 255, steps=10, budget=10))
    for _ in range(3):
        snapshot = process_frame(model, info, frame, request, attack_state=attack_state)
    assert snapshot.attack.success
    return snapshot


def run(job, model):
    return drain(job.start(model))


def test_the_smallest_change_is_no_larger_than_one_that_did(shown, model):
    found = run(smallest(shown), model)
    assert found.eps <= round(255 * shown.attack.linf + 2) / 255
    assert found.top.index != shown.top[0].index
    assert not found.warning


def test_surroundings_agree_with_the_pictures_shown(shown, model):
    found = run(surroundings(shown), model)
    at = {abs(round(place, 6)): row for row, place in enumerate(found.line.places)}
    assert found.line.classes[:2] == (shown.top[0].index, shown.attack.top[0].index)
    clean = found.line.probabilities[at[0.0], 0]
    assert clean == pytest.approx(shown.top[0].probability, abs=1e-4)
    assert set(found.plane.top.ravel().tolist()) <= set(found.names)


def test_another_network_is_asked_too(shown, model):
    found = run(survival(shown, replace(REQUEST, seed=5, random_weights=True)), model)
    assert len(found.rows) > 5
    same = run(survival(shown, REQUEST), model).rows[-1]
    assert same.fooled
    assert same.clean_holds


def test_a_print_is_judged_from_many_sides(shown, model):
    found = run(printing(shown), model)
    assert 0 <= found.shown <= 1
    assert found.made >= found.shown


def test_the_written_picture_gives_the_reported_class(shown, model, tmp_path):
    done = run(export(shown, tmp_path, "frame"), model)
    assert done.size == (96, 64)

    picture = read_picture(next(p for p in done.files if "adversarial" in p.name))
    assert picture.shape == shown.frame.picture.shape
    assert np.abs(picture.astype(int) - shown.frame.picture).max() <= 16
    again = process_frame(model, shown.info, replace(shown.frame, picture=picture), Request(
        shown.request.layer))  # fmt: skip
    assert again.top[0].index == done.top.index
    assert again.top[0].probability == pytest.approx(done.top.probability, abs=1e-4)
    report = json.loads(next(p for p in done.files if p.suffix == ".json").read_text())
    assert report["success"] is done.success
    assert len(done.files) == 5


def test_any_method_of_the_registry_is_written_with_its_parameters(shown, model, tmp_path):
    done = run(export(shown, tmp_path, "frame", "noise", {"eps": 3 / 255, "draws": 4}), model)
    report = json.loads(next(p for p in done.files if p.suffix == ".json").read_text())
    assert report["method"] == "noise"
    assert report["parameters"] == {"eps": 3 / 255, "draws": 4}
    assert report["linf"] == pytest.approx(3 / 255)
    with pytest.raises(UserError, match="there is no attack 'nois'; did you mean noise"):
        run(export(shown, tmp_path, "frame", "nois"), model)


def test_a_saved_sheet_says_that_it_is_a_difference(shown):
    assert describe(shown, "sheet")["view"] == "difference"
    assert describe(shown, "sheet")["fooling"]["eps"] == 16 / 255
    assert describe(shown, "input")["view"] == "activation"


def test_what_shows_no_attack_is_refused(shown, model):
    for job in (smallest, surroundings, survival, printing):
        with pytest.raises(UserError, match="no attacked picture"):
            run(job(replace(shown, attack=None)), model)


def test_a_second_network_loads_beside_and_then_judges(shown):
    second = SecondModel(REQUEST)
    end = time.monotonic() + 120
    while (says := second.judge(shown.fed, shown.attack.adversarial)).note.startswith("loading"):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert says.clean[0].index == shown.top[0].index
    assert says.attacked[0].index == shown.attack.top[0].index
    broken = SecondModel(ModelRequest("no_such_model"))
    while (says := broken.judge(shown.fed, shown.fed)).note.startswith("loading"):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert "no_such_model" in says.note
