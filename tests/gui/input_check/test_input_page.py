"""The truth panel: asked while it is in sight, of what is fed now, and warns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nnvis.engine.protocol.input_report import (
    Channel,
    HalfDifference,
    InputReport,
    InputState,
    LogitRow,
)
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.request import Half
from nnvis.engine.protocol.snapshot import HalfLook
from nnvis.errors import UserError
from nnvis.gui.input_check import jobs as truth_jobs
from nnvis.gui.input_check.jobs import InputCheckJobs
from nnvis.gui.state.launch_options import WindowOptions
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest


@pytest.fixture
def truth(shown):
    shown.window.commands["truth"].trigger()
    shown.qtbot.waitUntil(lambda: len(jobs(shown)) == 1)
    return shown.window.pages["truth"]


def jobs(shown):
    return [one for one in shown.session.asked if isinstance(one, Job) and one.title == "truth"]


def found(shown, state=InputState.SAME, verdict="as the library does it", theirs=9.0):
    return InputReport(
        frame=shown.controller.last.frame,
        fit="crop",
        picture=np.zeros((32, 32, 3), np.uint8),
        error=0.0,
        shape=(1, 3, 32, 32),
        channels=(Channel("R", 0.5, 0.25, -1, 1, 0.5, 0.5),),
        window=(0, 0, 32, 32),
        rows=(LogitRow(1, "label 1", 9.0, theirs),),
        difference=0.0,
        levels=0.0,
        state=state,
        verdict=verdict,
    )


def finish(shown, state, result=None, error=None):
    job = jobs(shown)[-1]
    job.state, job.result, job.error = state, result, error
    shown.session.listener.job_changed(job)
    shown.qtbot.waitUntil(
        lambda: shown.window.pages["truth"].findChild(InputCheckJobs).slot.job is not job
    )


def test_it_shows_what_was_found_and_warns_where_that_differs(shown, truth, monkeypatch):
    assert truth.verdict.text() == "comparing …"
    finish(shown, JobState.DONE, found(shown))
    assert truth.verdict.text() == "✓  as the library does it"
    assert truth.of.text() == "The tensor, frame 1"  # that was compared, whatever is live
    assert truth.channels.texts[1] == ["R", "0.500", "0.250", "−1.00", "1.00"]  # noqa: RUF001
    assert truth.logits.texts[1] == ["label 1", "9.00", "9.00"]
    count = len(jobs(shown))
    shown.look()
    assert len(jobs(shown)) == count  # only every few seconds
    truth.again.click()
    assert len(jobs(shown)) == count + 1  # or at once
    finish(shown, JobState.DONE, found(shown, InputState.DIFFERS, "the colours are swapped", 3.0))
    assert truth.verdict.text() == "⚠  the colours are swapped"
    assert "color" in truth.logits._cells[1][1].styleSheet()
    monkeypatch.setattr(truth_jobs, "EVERY_S", 0.0)
    truth.again.click()
    finish(shown, JobState.DONE, found(shown))
    shown.look()
    assert len(jobs(shown)) == count + 3
    truth.grab()


def test_another_fit_is_chosen_fed_and_compared_and_the_old_answer_is_dropped(shown, truth):
    finish(shown, JobState.DONE, found(shown))
    truth.fit.buttons["whole"].click()
    assert shown.controller.view_state.request.fit == "whole"
    assert truth.verdict.text() == "comparing …"
    assert truth.logits.texts[1][1:] == ["…", "…"]
    assert "bars of the mean colour" in truth.how.text()
    count = len(jobs(shown))
    truth.again.click()
    assert len(jobs(shown)) == count  # nothing is shown yet that was fed so
    shown.look()
    assert len(jobs(shown)) == count + 1
    box = truth.frame._boxes[0]
    assert (box.left, box.right) == (0, 1)
    before = jobs(shown)[-1]
    shown.session.opened("sample:chelsea")
    shown.qtbot.waitUntil(lambda: shown.controller.view_state.source == "sample:chelsea")
    assert before.cancel_requested
    before.state, before.result = JobState.DONE, found(shown)
    shown.session.listener.job_changed(before)
    shown.look()
    assert truth.verdict.text() == "comparing …"


def test_half_precision_is_chosen_here_and_what_it_changes_is_told(shown, truth):
    finish(shown, JobState.DONE, found(shown))
    assert truth.half_note.isHidden()
    truth.half.buttons[Half.BFLOAT16].click()
    assert shown.controller.view_state.request.half is Half.BFLOAT16
    shown.session.fields = {"half": HalfLook("bfloat16")}
    shown.look()
    assert truth.half_note.text().startswith("In half precision: bfloat16. On a processor")
    count = len(jobs(shown))
    assert count == 2  # it is measured once it is on
    measured = HalfDifference("bfloat16", "float32", "stem.conv", 3.2, 0.0681, True, 4, 5)
    finish(shown, JobState.DONE, replace(found(shown), half=measured))
    said = truth.half_note.text()
    frame = shown.session.ticks
    assert f"On frame {frame}, stem.conv is up to 3 of 253 grey levels from float32." in said
    assert "by up to 0.0681 of their deviation. The first class is the same, and 4 of the" in said
    assert "What is compared above is in float32." in said
    shown.look()
    assert len(jobs(shown)) == count  # and not with every frame,
    shown.controller.go("body.conv", 0)
    shown.look()
    assert len(jobs(shown)) == count + 1  # but for each layer
    assert "grey levels" not in truth.half_note.text()
    shown.session.fields = {"half": HalfLook("", "no kernel", refused=True)}
    shown.look()
    assert "Not in half precision: no kernel." in truth.half_note.text()
    truth.half.buttons[Half.OFF].click()
    shown.session.fields = {}
    shown.look()
    assert truth.half_note.isHidden()


def test_by_what_it_is_computed_is_told_and_why_not_faster(shown, truth):
    for fields, said in (
        ({"path": "a CUDA graph, the same"}, "The stream is computed by a CUDA graph, the same."),
        ({"plain": "not by a CUDA graph: why"}, "Computed by PyTorch, not by a CUDA graph: why"),
        ({}, "Computed by PyTorch"),
    ):
        shown.session.fields = fields
        shown.look()
        assert truth.path.text().startswith(said)


def test_a_failure_is_one_line_and_told_once(shown, truth):
    told = []
    shown.controller.failed.connect(lambda text, _details: told.append(text))
    for _ in range(2):
        finish(shown, JobState.FAILED, error=UserError("no picture"))
        truth.again.click()
    assert told == ["the truth panel cannot compare: no picture"]
    shown.window.commands["unit_page"].trigger()
    count = len(jobs(shown))
    shown.window.pages["truth"].findChild(InputCheckJobs)._next = 0.0
    shown.look()
    assert len(jobs(shown)) == count


def test_it_tells_what_is_black_and_white_and_lets_that_be_set(qtbot, dressed, tmp_path):
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    Image.fromarray(values).save(tmp_path / "a.tif")
    program = Program()
    qtbot.addWidget(program.window)
    controller, window = program.controller, program.window
    window.show()
    source = str(tmp_path / "a.tif")
    program.begin(WindowOptions(source=source, model_request=ModelRequest("tiny", "cpu")))
    window.commands["truth"].trigger()
    page = window.pages["truth"]
    qtbot.waitUntil(lambda: page.levels.isVisible() and page.levels.text() == "0:65535")
    assert "the largest value is 4095" in page.scale.text()
    page.levels.setText("0:4095")
    page.levels.returnPressed.emit()
    qtbot.waitUntil(lambda: controller.view_state.source == f"{source}?window=0:4095")
    qtbot.waitUntil(lambda: "4095 is white (as asked)" in page.scale.text())
    assert controller.last.frame.picture.max() == 255
    page.levels.setText("")
    page.levels.returnPressed.emit()
    qtbot.waitUntil(lambda: "65535 is white" in page.scale.text())
    assert controller.view_state.source == source
    window.close()
    assert program.stuck == []
