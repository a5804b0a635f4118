"""One job at a time: what was replaced is cancelled and not heard, an end is told once."""

from __future__ import annotations

import pytest
from helpers.fake_session import FakeSession

from nnvis.config import Settings
from nnvis.engine.protocol.job import Job, JobState
from nnvis.errors import UserError
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.job_slot import JobSlot
from nnvis.progress import Progress


@pytest.fixture
def controller(qapp):
    bridge = Bridge()
    return Controller(FakeSession(bridge), bridge, Settings())


def _end(controller, job, state, result=None, error=None):
    job.state, job.result, job.error = state, result, error
    controller.bridge.take_job(job)


def test_only_the_last_job_is_heard_and_its_end_once(controller):
    results, steps = [], []
    slot = JobSlot(controller, done=results.append, progressed=steps.append)
    first, second = Job("first", iter), Job("second", iter)
    slot.submit(first)
    slot.submit(second)
    assert controller.session.asked == [first, second]
    assert first.cancel_requested
    _end(controller, first, JobState.DONE, 1)
    assert results == []
    second.state, second.progress = JobState.RUNNING, Progress(1, 2)
    controller.bridge.take_job(second)
    controller.bridge.take_job(second)  # the same step is told once
    assert steps[-2:] == [Progress(0, 0, "waiting"), Progress(1, 2)]
    _end(controller, second, JobState.DONE, 2)
    controller.bridge.take_job(second)
    assert results == [2]
    assert steps[-1] is None
    assert not slot.busy


def test_an_error_goes_to_the_banner_and_a_late_result_only_where_it_is_kept(controller):
    told, results = [], []
    controller.failed.connect(lambda line, _details: told.append(line))
    slot = JobSlot(controller, done=results.append)
    files = JobSlot(controller, done=results.append, keeps_late=True)
    bad = Job("bad", iter)
    slot.submit(bad)
    _end(controller, bad, JobState.FAILED, error=UserError("no room on the disk"))
    assert told == ["no room on the disk"]
    for each in (slot, files):
        late = Job("late", iter)
        each.submit(late)
        each.cancel()
        _end(controller, late, JobState.DONE, each)
    assert results == [files]


def test_another_question_forgets_the_job_of_the_one_before(controller):
    slot = JobSlot(controller, done=lambda _result: None)
    assert slot.ask("a")
    slot.submit(job := Job("a", iter))
    assert not slot.ask("a")
    assert slot.busy
    assert slot.ask("b")
    assert job.cancel_requested
    assert not slot.busy
