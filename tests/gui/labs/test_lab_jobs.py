"""What becomes of runs of labs: their order, their ends, what is kept and copied."""

from __future__ import annotations

import json
from pathlib import Path

from helpers.lab_runs import OUTCOME, step
from PySide6.QtGui import QDesktopServices

from nnvis.engine.lab_process import (
    Ended,
    last_record,
    new_folder,
)
from nnvis.gui.labs.jobs import LabState
from nnvis.gui.labs.text import state_text, time_text
from nnvis.labs.framework.outcome import (
    LabProgress,
)
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.storage import write_record
from nnvis.labs.registry import LABS


def test_labs_wait_for_each_other_and_one_that_waits_can_be_called_back(labs):
    labs.pane.all.click()
    assert len(labs.runs) == 1
    second, third = list(LABS)[1:3]
    labs.jobs.cancel(second)
    labs.runs[0].tell(Ended())
    labs.qtbot.waitUntil(lambda: len(labs.runs) == 2)
    assert labs.runs[1].order.name == third


def test_a_lab_that_is_cancelled_or_breaks_off_leaves_what_was_found_before(labs, qtbot):
    page = labs.pane.turn_to("forget")
    before = Record("forget", "digits", (0, 1), {}, True, outcome=OUTCOME)
    labs.jobs.states["forget"].record = before
    page.run.click()
    page.stop.click()
    qtbot.waitUntil(lambda: not labs.jobs.running)
    assert labs.jobs.states["forget"].record is before
    qtbot.waitUntil(page.run.isEnabled)

    page.run.click()
    with qtbot.waitSignal(labs.pane.failed) as caught:
        labs.runs[1].tell(Ended("no space is left"))
    assert caught.args[0] == "Forgetting what was learnt before: no space is left"
    assert labs.jobs.states["forget"].record is before
    qtbot.waitUntil(lambda: "no space is left" in page.note.text())
    assert page.run.isEnabled()


def test_the_report_of_a_run_that_was_ended_early_can_be_opened(labs, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    page = labs.pane.turn_to("forget")
    page.run.click()
    labs.runs[0].tell(step(1, 50.0, 60.0))
    qtbot.waitUntil(lambda: "10 %" in page.note.text())
    assert not page.open.isVisible()
    page.stop.click()
    qtbot.waitUntil(page.open.isVisible)

    page.open.click()
    assert "before its report was written" in page.note.text()
    folder = labs.runs[0].order.out
    folder.mkdir(parents=True)
    (folder / "report.html").touch()
    page.open.click()
    assert [Path(url.toLocalFile()) for url in opened] == [folder / "report.html"]


def test_results_are_found_again_at_the_next_start(labs):
    for finished in (True, False):  # the unfinished one is newer
        record = Record("forget", "digits", (0, 1), {"tasks": 2.0}, True)
        record.take(step(1, 5.0, 6.0))
        record.outcome = OUTCOME if finished else None
        write_record(record, new_folder("forget"))
    labs.jobs.memory.start()
    labs.qtbot.waitUntil(lambda: labs.jobs.states["forget"].record is not None)
    state = labs.jobs.states["forget"]
    assert state.record.outcome == OUTCOME
    assert state.record.shown["tasks"].picture.shape == (20, 1500, 3)
    page = labs.pane.turn_to("forget")
    assert page.parameters.values()["tasks"] == 2
    assert page.found.seen.text() == OUTCOME.seen


def test_a_report_is_copied_where_a_person_wants_it(labs, tmp_path):
    folder = new_folder("forget")
    write_record(Record("forget", "digits", (0,), {}, True, outcome=OUTCOME), folder)
    labs.jobs.states["forget"].folder = folder
    with labs.qtbot.waitSignal(labs.pane.exported) as caught:
        labs.pane.export_to("forget", tmp_path / "kept")
    assert json.loads((caught.args[1] / "report.json").read_text())["seen"] == OUTCOME.seen
    (tmp_path / "file").write_text("")
    with labs.qtbot.waitSignal(labs.pane.failed) as refused:
        labs.pane.export_to("forget", tmp_path / "file")
    assert "cannot be written" in refused.args[0]


def test_a_torn_report_is_no_report(labs):
    folder = new_folder("forget")
    folder.mkdir(parents=True)
    (folder / "report.json").write_text('{"form": 1, "lab": "forget"')
    assert last_record("forget") is None


def test_the_remaining_time_is_that_of_the_pace_so_far():
    state = LabState(running=True, begun=100.0, step=LabProgress(25, 100, "learning"))
    assert state.left(110.0) == 30
    assert state_text(state, 110.0) == "25 %, 30 s left"
    assert state.left(101.0) is None
    assert [time_text(s) for s in (0.2, 59, 80, 700)] == ["1 s", "59 s", "1 min 20 s", "11 min"]
