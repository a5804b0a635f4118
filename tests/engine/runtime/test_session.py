"""Sources and models come and go while the picture lives."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from nnvis.bench.saturated_session import SaturatedSession
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.snapshot import Observations, Snapshot, TriggerEvent
from nnvis.engine.runtime import runner
from nnvis.engine.runtime.job_step import JobStep
from nnvis.engine.runtime.threads import THREADS
from nnvis.errors import UserError
from nnvis.export import read_meta
from nnvis.models.info import ModelRequest
from nnvis.models.trusted_code import read_code, trust
from nnvis.progress import Progress
from nnvis.sources import open_source

TINY = ModelRequest("tiny")


@pytest.fixture
def mill():
    sources = [open_source("sample:chelsea").read(), open_source("sample:coffee").read()]
    mill = SaturatedSession(TINY, sources)
    yield mill
    assert mill.close() == []


def test_changes_show_with_the_next_picture_and_never_mixed(mill):
    info = mill.session.info
    for layer in info.layers:
        unit = layer.units // 2
        mill.session.select(replace(mill.session.request, layer=layer.name, unit=unit))
        shown = mill.step()
        while shown.request.layer != layer.name:
            shown = mill.step()
        assert shown.layer == layer
        assert shown.unit.index == unit
        assert shown.unit.values.shape == layer.map_shape
        assert shown.sheet.grid.count == layer.units


def test_a_still_picture_is_looked_at_again_when_the_choice_changes(mill):
    before = mill.step()
    last = mill.session.info.layers[-1].name
    mill.session.select(replace(before.request, layer=last, unit=0))
    mill.wait_for(lambda: mill.latest.request.layer == last)
    assert mill.latest.frame is before.frame


def test_frozen_keeps_the_frame_but_follows_the_choice(mill):
    before = mill.step()
    mill.session.freeze(True)
    mill._belt.permit(3)
    mill.session.select(replace(before.request, unit=1))
    mill.wait_for(lambda: mill.latest.request.unit == 1)
    assert mill.latest.frame is before.frame


def test_the_last_frame_of_all_is_shown_though_another_was_expected(mill, monkeypatch):
    mill.step()
    monkeypatch.setattr("nnvis.engine.live.anticipation.Stream.can_wait", lambda *_: True)
    mill._belt.permit(5)
    mill.wait_for(lambda: mill.latest.frame.index == 5)


def test_a_frame_of_the_source_before_is_not_held_for_the_next_one(mill, monkeypatch):
    mill.step()
    session, left = mill.session, mill.session._capture

    with monkeypatch.context() as patch:

        def overtaken(*_):
            patch.setattr(session, "_capture", None)  # another one takes over meanwhile
            return True

        patch.setattr("nnvis.engine.live.anticipation.Stream.can_wait", overtaken)
        session._frame_came(left, mill.latest.frame)
    assert session._frame_loop.reserve.take() is None


def test_another_model_takes_over_and_only_its_pictures_come(mill):
    first = mill.step().info
    mill.start()
    mill.session.load_model(replace(TINY, seed=1, random_weights=True))
    mill.wait_for(lambda: mill.session.info is not first)
    second = mill.session.info
    mill.wait_for(lambda: mill.latest.info is second)
    count = mill.count
    mill.wait_for(lambda: mill.count > count + 20)
    assert mill.latest.info is second
    mill.pause()


def test_nothing_is_told_of_the_layers_of_another_model(mill, tmp_path):
    """The window asks for layers that it knows until it is told that the model has changed."""
    (tmp_path / "other.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())\n"
    )
    before = mill.step().request
    other = ModelRequest(f"{tmp_path}/other.py:make", input_size=(16, 16))
    trust(read_code(other.spec).mark)
    mill.session.load_model(other)
    mill.wait_for(lambda: mill.session.info.name == "other.py:make")
    mill.session.select(replace(before, layer="relu2", unit=7))
    shown = mill.step()
    assert shown.info.name == "other.py:make"
    assert shown.request.layer in [layer.name for layer in shown.info.layers]
    assert mill.problems == []


def test_a_warning_about_the_model_before_is_taken_back(mill):
    told = []
    mill.warned = told.append
    first = mill.session._runner
    mill.session.runner_warned(first, "tiny failed on this picture")
    mill.session.load_model(replace(TINY, seed=1, random_weights=True))
    mill.wait_for(lambda: mill.session._runner is not first and len(told) > 1)
    mill.session.runner_warned(first, "a last word of the other model")
    assert told == ["tiny failed on this picture", ""]


def test_a_model_or_source_that_fails_leaves_the_old_one_in_use(mill):
    info, source = mill.session.info, mill.session.source
    mill.session.load_model(ModelRequest("timm/no_such_net"))
    with pytest.raises(UserError, match="no_such_net"):
        mill.wait_for(lambda: False)
    mill.problems.clear()
    mill.session._opener = open_source
    mill.session.open_source("/no/such/picture.png")
    with pytest.raises(UserError, match=r"picture\.png"):
        mill.wait_for(lambda: False)
    mill.problems.clear()
    assert mill.session.info is info
    assert mill.session.source.spec == source.spec
    assert mill.step().info is info


def test_a_look_that_fails_is_told_and_the_next_one_works(mill):
    good = mill.step().request
    mill.session.select(replace(good, unit=10**6))
    with pytest.raises(UserError, match="has no unit 1000000"):
        mill.wait_for(lambda: False)
    mill.problems.clear()
    mill.session.select(good)
    assert mill.step().request == good


def test_saving_writes_the_arrays_that_are_shown(mill, tmp_path):
    shown = mill.step()
    job = mill.session.save(tmp_path, shown)
    mill.wait_for(lambda: job.state is JobState.DONE)
    kinds = {read_meta(path)["kind"]: path for path in job.result}
    assert set(kinds) == {"sheet", "unit", "overlay", "input"}
    every = mill.session.save(tmp_path, shown, all_layers=True)
    mill.wait_for(lambda: every.state is JobState.DONE)
    assert len(every.result) == len(mill.session.info.layers)


def test_jobs_are_stepped_beside_the_picture_cancelled_and_cleaned_up(mill):
    left = []

    def count(_model):
        try:
            for step in range(10**9):
                yield Progress(step)
        finally:
            left.append(threading.current_thread().name)

    job = mill.session.submit(Job("count", count))
    mill.wait_for(lambda: job.progress is not None and job.progress.done > 10)
    mill.step()
    job.cancel()
    mill.wait_for(lambda: job.state is JobState.CANCELLED)
    assert left == ["nnvis-runner"]

    def fail(_model):
        raise ValueError("no")
        yield

    bad = mill.session.submit(Job("bad", fail))
    mill.wait_for(lambda: bad.state is JobState.FAILED)
    mill.step()


def test_while_nobody_sees_the_picture_jobs_have_nearly_all_the_time(monkeypatch):
    slices = []
    monkeypatch.setattr("nnvis.engine.runtime.runner.JOB_SLICE_S", 0.0)
    step_for = JobStep.step_for

    def noted(self, seconds):
        slices.append(seconds)
        return step_for(self, seconds)

    monkeypatch.setattr(JobStep, "step_for", noted)

    def endless(_model):
        while True:
            yield Progress(0, 0)

    def longest():
        """How long the job had at most between pictures of now."""
        mill.step()  # what was under way before is over
        slices.clear()
        mill.step()
        mill.step()  # which comes after the slice that the one before brought
        return max(slices.copy())

    mill = SaturatedSession(TINY, [open_source("sample:chelsea").read()])
    try:
        mill.session.submit(Job("endless", endless))
        assert longest() == 0
        mill.session.look_away(True)
        assert longest() > 0
        mill.session.look_away(False)
        assert longest() == 0
    finally:
        assert mill.close() == []


@pytest.fixture
def free(monkeypatch):
    """Says how many cores are free, and notes of how many each runner thinks that it has."""
    told = SimpleNamespace(threads=6, most=[])
    told.look = lambda: told.threads

    def begun(most):
        told.most.append(most)
        return told

    monkeypatch.setattr(runner, "FreeCores", begun)
    return told


def test_cores_that_others_use_are_left_to_them(free, monkeypatch):
    set_to = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: [6, *set_to][-1])
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    mill = SaturatedSession(TINY, [open_source("sample:chelsea").read()])
    try:
        for threads in (3, 6):
            mill.step()
            free.threads = threads
            mill.step()
            mill.wait_for(lambda: set_to[-1:] == [free.threads])
        assert set_to == [3, 6]
    finally:
        assert mill.close() == []


def test_what_one_runner_leaves_is_not_all_that_the_next_one_has(free):
    given = THREADS.given()
    free.threads = given + 1
    for _ in range(2):
        mill = SaturatedSession(TINY, [open_source("sample:chelsea").read()])
        try:
            mill.step()
            mill.wait_for(lambda: in_a_new_thread(torch.get_num_threads) == free.threads)
            assert in_a_new_thread(THREADS.given) == given
        finally:
            assert mill.close() == []
    assert free.most == [given, given]
    assert in_a_new_thread(torch.get_num_threads) == given


def in_a_new_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_what_fired_is_told_once_and_the_picture_that_did_can_be_held(mill, monkeypatch):
    shown = mill.step()
    box = mill.session.snapshots
    fired = TriggerEvent("because", "freeze", shown, False)
    with monkeypatch.context() as patch:
        patch.setattr(mill, "snapshot_ready", lambda: None)
        box.put(replace(shown, observations=Observations(fired=(fired,))), Snapshot.kept_after)
        box.put(shown, Snapshot.kept_after)  # nobody saw the one before
        assert mill.session.snapshots.take().observations.fired == (fired,)
    later = mill.step()
    assert later.frame is not shown.frame
    mill.session.freeze(True, shown.frame)
    mill.wait_for(lambda: mill.latest.frame is shown.frame)
