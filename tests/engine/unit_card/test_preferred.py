"""Preferred pictures as jobs behind the stream."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from nnvis.bench.saturated_session import SaturatedSession
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.runtime.time_share import TimeShare
from nnvis.engine.unit_card import export as card_export
from nnvis.engine.unit_card import jobs as feature_jobs
from nnvis.engine.unit_card.sheet import TILE, TOPS
from nnvis.export import read_meta
from nnvis.featurevis.objective import alike
from nnvis.featurevis.parameters import PRESETS
from nnvis.featurevis.partial_forward import layer_of, partial_forward
from nnvis.featurevis.result import FeatureImage
from nnvis.featurevis.target import Target
from nnvis.imaging.grid import Grid
from nnvis.models import load
from nnvis.models.info import ModelRequest
from nnvis.progress import drain
from nnvis.sources import open_source
from nnvis.top_images import Index, index, make_spec

QUICK = replace(PRESETS["vivid"].parameters, side=16, steps=30)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NNVIS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def mill():
    sources = [open_source("sample:chelsea").read(), open_source("sample:coffee").read()]
    mill = SaturatedSession(ModelRequest("tiny"), sources)
    yield mill
    assert mill.close() == []


def test_a_picture_forms_beside_the_stream_rests_and_goes_on(mill):
    info = mill.step().info
    mill.start()
    job = feature_jobs.feature_job(info.weights_hash, Target("conv2", 3), QUICK, 0, share=0.5)
    job.rest(True)
    mill.session.submit(job)
    mill.wait_for(lambda: job.state is JobState.RUNNING)
    count = mill.count
    mill.wait_for(lambda: mill.count > count + 10)
    assert job.progress is None  # it rests while the stream goes on
    job.rest(False)
    mill.wait_for(lambda: job.state is JobState.DONE)
    made = job.result
    assert made.raised
    assert made.picture.shape == (16, 16, 3)
    again = mill.session.submit(
        feature_jobs.feature_job(info.weights_hash, Target("conv2", 3), QUICK, 0)
    )
    mill.wait_for(lambda: again.state is JobState.DONE)
    assert np.array_equal(again.result.picture, made.picture)
    mill.pause()


def test_other_jobs_do_not_wait_for_a_picture(mill, tmp_path):
    info = mill.step().info
    long = replace(QUICK, steps=10**5)
    slow = mill.session.submit(
        feature_jobs.feature_job(info.weights_hash, Target("conv2", 3), long, 0)
    )
    mill.wait_for(lambda: slow.state is JobState.RUNNING)
    quick = mill.session.submit(Job("quick", lambda _model: _nothing()))
    mill.wait_for(lambda: quick.state is JobState.DONE)
    assert slow.state is JobState.RUNNING
    slow.cancel()
    mill.wait_for(lambda: slow.state is JobState.CANCELLED)


def test_dreams_and_patterns(mill):
    shown = mill.step()
    weights = shown.info.weights_hash
    dream = feature_jobs.dream(weights, Target("conv2", kind="layer"), shown.fed)
    pattern = feature_jobs.pattern(weights, "conv1", range(8))
    for job in (dream, pattern):
        mill.session.submit(job)
        mill.wait_for(lambda job=job: job.state is JobState.DONE)
    assert dream.result.picture.shape == (32, 32, 3)
    assert pattern.progress.final
    assert pattern.progress.done == 8
    # A window is told now and then only: the last it hears has everything.
    assert [unit for unit, _ in pattern.progress.pictures] == list(range(8))


def test_pictures_of_one_unit_are_kept_unlike(mill):
    info = mill.step().info
    likeness = []
    for diversity in (0.0, 5.0):
        parameters = replace(QUICK, diversity=diversity)
        target = Target("conv2", 3)
        job = mill.session.submit(
            feature_jobs.unlike(info.weights_hash, target, parameters, (0, 1, 2))
        )
        mill.wait_for(lambda job=job: job.state is JobState.DONE)
        assert [one.seed for one in job.result] == [0, 1, 2]
        network = load("tiny")
        x = torch.cat([network.tensor(one.picture) for one in job.result])
        maps = partial_forward(network, x, layer_of(network, "conv2"))
        likeness.append(float(alike(maps, (0, 0, 0)).mean()))
    assert likeness[1] < likeness[0] - 0.02


def test_a_card_is_one_picture_and_its_parts(mill, tmp_path):
    shown = mill.step()
    picture = np.zeros((16, 16, 3), np.uint8)
    target = Target(shown.layer.name, shown.unit.index)
    made = FeatureImage(target, 0, picture, 2.0, 0.5, (0.5, 2.0), 2)
    flat = FeatureImage(target, 1, picture, 0.0, 0.0, (0.0,), 1, "cannot be raised")
    job = mill.session.submit(card_export.export(shown, [made, flat], tmp_path, "x"))
    mill.wait_for(lambda: job.state is JobState.DONE)
    names = [path.name for path in job.result]
    assert names == ["card.png", "map.png", "overlay.png", "preferred_0.png"]
    told = read_meta(job.result[0])
    assert told["kind"] == "card"
    assert [one["reached"] for one in told["preferred"]] == [2.0, 0.0]


def test_the_cards_of_a_layer_are_one_picture(mill, tmp_path):
    shown = mill.step()
    job = mill.session.submit(card_export.contact(shown, tmp_path, "x"))
    mill.wait_for(lambda: job.state is JobState.DONE)
    told = read_meta(job.result[0])
    assert told["grid"]["count"] == shown.layer.units == len(told["preferred"])


def test_the_cards_of_a_layer_have_the_top_pictures_of_an_index(mill, tmp_path):
    (tmp_path / "pictures").mkdir()
    for number, colour in enumerate(((250, 20, 20), (20, 250, 20), (20, 20, 250), (200, 200, 40))):
        picture = np.full((40, 40, 3), colour, np.uint8)
        Image.fromarray(picture).save(tmp_path / "pictures" / f"{number}.png")
    shown = mill.step()
    spec = make_spec(
        load("tiny"), ModelRequest("tiny"), str(tmp_path / "pictures"), [shown.layer.name]
    )
    made = drain(index(load("tiny"), spec, tmp_path / "index", 0))
    job = mill.session.submit(card_export.contact(shown, tmp_path, "x", made))
    mill.wait_for(lambda: job.state is JobState.DONE)
    grid = Grid(**read_meta(job.result[0])["grid"])
    sheet = np.asarray(Image.open(job.result[0]))
    assert grid.width == (2 + TOPS) * TILE  # its map, what it wants, and the top pictures
    for unit in range(shown.layer.units):
        left, top, _, _ = grid.rect(unit)
        for at, one in enumerate(Index(made).top(shown.layer.name, unit)[:TOPS]):
            middle = one.thumbnail()[one.thumbnail().shape[0] // 2, one.thumbnail().shape[1] // 2]
            tile = sheet[top + TILE // 2, left + (2 + at) * TILE + TILE // 2]
            assert np.abs(tile.astype(int) - middle).max() < 12


def test_a_share_is_kept_to():
    clock = [0.0]
    pace = TimeShare(lambda: clock[0])
    job = Job("long", lambda _model: _nothing(), share=0.1)
    spent = 0.0

    def step():
        nonlocal spent
        clock[0] += 0.05
        spent += 0.05
        return True

    def frame(_timeout):
        return object()

    for _ in range(1000):
        pace.waited(frame, 0.0)
        clock[0] += 0.02  # the look
        pace.step(job, step)
    assert spent / clock[0] == pytest.approx(0.1, abs=0.01)
    job.rest(True)
    before = spent
    for _ in range(100):
        pace.waited(frame, 0.0)
        clock[0] += 0.02
        pace.step(job, step)
    assert spent == before


def _nothing():
    yield from ()
