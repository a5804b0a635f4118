"""The workspace "Labs": runs beside the window, their curves, ends, crashes, and what is kept."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.fake_session import snapshot
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from nnvis.engine.lab_process import (
    Ended,
    LabRequest,
    LabRun,
    OwnLayer,
    TwoObjects,
    last_record,
    new_folder,
)
from nnvis.gui.labs.jobs import LabJobs, LabState
from nnvis.gui.labs.text import state_text, time_text
from nnvis.gui.labs.workspace import LabsWorkspace
from nnvis.gui.widgets.parameter_form import ParameterSlider
from nnvis.labs.framework.outcome import (
    Finding,
    LabOutcome,
    LabPicture,
    LabProgress,
    Measure,
    Point,
)
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.storage import read_record, write_record
from nnvis.labs.registry import EVERY, LABS
from nnvis.models.info import ModelRequest

OUTCOME = LabOutcome(
    "It forgot. It was held.",
    (Measure("lost", "lost points", (30.0, 34.0), "points", "all of them"),),
    (Finding("it forgets", True, "32 points"), Finding("it does not", False, "no")),
)


class FakeRun:
    """Tells what the test wants it to."""

    def __init__(self, order, wake):
        self.order, self._wake = order, wake
        self.told = []
        self.closed = False

    def tell(self, *what):
        self.told += what
        self._wake()

    def take(self):
        told, self.told = self.told, []
        return told

    def cancel(self):
        self.tell(Ended("", True))

    def close(self, timeout=5.0):
        self.closed = True
        return True


@pytest.fixture
def labs(qtbot, dressed):
    runs = []

    def launch(order, wake):
        runs.append(FakeRun(order, wake))
        return runs[-1]

    jobs = LabJobs(launch=launch)
    pane = LabsWorkspace(jobs)
    window = QWidget()  # a child of it, as in the program: its size is nobody's business
    qtbot.addWidget(window)
    window.resize(900, 560)
    pane.setParent(window)
    pane.resize(900, 560)
    window.show()
    pane.show()
    yield SimpleNamespace(pane=pane, jobs=jobs, runs=runs, qtbot=qtbot)
    jobs.close()


def step(epoch, *values):
    picture = np.full((20, 1500, 3), 90, np.uint8)
    return LabProgress(
        epoch, 10, "no cure",
        points=(Point("first", "no cure", float(epoch), values),),
        shown=(LabPicture("tasks", "The tasks", picture),),
    )  # fmt: skip


def test_f2_opens_the_workspace_and_esc_goes_back_to_the_live_picture(shown):
    window = shown.window
    shown.qtbot.keyClick(window.grid, Qt.Key.Key_F2)
    assert window.labs.isVisible()
    assert not window.panes.isVisible()
    assert window.commands["labs"].isChecked()
    shown.look()  # goes on behind
    assert window.status.model.text() == ""  # of a picture that nobody sees
    shown.qtbot.keyClick(window.labs, Qt.Key.Key_Escape)
    assert not window.labs.isVisible()
    assert window.panes.isVisible()
    assert not window.commands["labs"].isChecked()
    assert window.status.model.text() != ""
    assert window.labs_jobs.memory.wait(60)


def test_curves_grow_while_a_lab_runs_and_in_the_end_it_says_what_was_seen(labs):
    page = labs.pane.turn_to("forget")
    page.parameters.controls["tasks"].set(4)
    page.run.click()
    run = labs.runs[0]
    assert run.order.values["tasks"] == 4
    assert not page.run.isEnabled()
    assert page.stop.isVisible()

    run.tell(step(1, 50.0, 60.0), step(2, 70.0, math.nan))
    labs.qtbot.waitUntil(lambda: "20 %" in page.note.text())
    x, mean = page._plots["first"]._curves["no cure"]._line.getData()
    assert list(x) == [1, 2]
    assert list(mean) == [55, 70]  # a run that failed is left out
    legend = page._plots["first"].legend
    assert "no&nbsp;cure" in legend.text()
    assert legend.textFormat() == Qt.TextFormat.RichText  # or its markup would be shown
    assert "tasks" in page.pictures.labels
    assert not page.found.seen.isVisible()

    record = Record("forget", "digits", (0, 1), dict(run.order.values), True, outcome=OUTCOME)
    record.take(step(1, 50.0, 60.0))
    write_record(record, run.order.out)
    run.tell(step(10, 1.0, 1.0), Ended())
    labs.qtbot.waitUntil(page.found.seen.isVisible)
    assert page.found.seen.text() == OUTCOME.seen
    # Claim, verdict and figure come first: what was read before the run is folded now.
    assert page.found.verdict.text() == "✓ it forgets - shown"
    assert not page.settings.body.isVisible()
    page.settings.button.click()
    assert page.settings.body.isVisible()
    assert page.about.body.isHidden()
    labs.qtbot.waitUntil(lambda: "1 of 2 findings shown" in labs.pane.cards["forget"].text())
    assert page.export.isVisible()
    assert page.run.isEnabled()
    shown = [page.panels.isTabVisible(at) for at in range(page.panels.count())]
    assert shown[0]
    assert not any(shown[1:])  # the others have no curves


def test_the_page_fits_the_smallest_window_whatever_it_shows(labs):
    labs.pane.resize(900, 400)
    page = labs.pane.turn_to("compress")
    state = labs.jobs.states["compress"]
    long = Measure("long", "a number with a name as long as they come, in words", (1.0, 2.0), "%")
    outcome = replace(OUTCOME, measures=(*OUTCOME.measures, replace(long, paper=long.title)))
    state.record = Record("compress", "digits", (0, 1), {}, True, outcome=outcome)
    state.record.take(step(1, 50.0, 60.0))
    page.show_state(state)
    labs.qtbot.wait(50)
    assert page.widget().width() <= page.viewport().width()


def test_a_game_tells_the_truth_row_by_row_and_what_the_score_is_worth(labs):
    answers = ("a unit", "a random direction", "a random direction", "a unit") * 2
    rows = np.repeat(np.arange(8, dtype=np.uint8) * 9, 10)[:, None, None]
    picture = np.broadcast_to(rows, (80, 40, 3))
    page = labs.pane.turn_to("directions")
    record = Record("directions", "digits", (0,), {}, True)
    record.take(LabProgress(1, 1, shown=(LabPicture("game", "Which is which?", picture, answers),)))
    labs.jobs.states["directions"].record = record
    labs.pane.turn_to("directions")
    title, game = page.pictures.labels["game"]
    assert "unit" not in title.text()
    for place, answer in enumerate(answers):
        shown = game.row._image
        assert (shown.height(), shown.pixelColor(5, 5).red()) == (10, 9 * place)
        assert shown.pixelColor(5, 9).red() == 9 * place
        game.guesses[answer].click()
        assert f"row {place + 1} was {answer}" in game.note.text()
        assert game.note.text().startswith("Right")
    assert "8 of 8 right: a rate of 63 to 100 %" in game.score.text()
    assert "You can tell them apart" in game.score.text()
    assert not game.guesses["a unit"].isEnabled()
    game.again.click()
    for _ in answers:
        game.guesses["a unit"].click()
    assert "4 of 8 right" in game.score.text()
    assert "no sign that you can tell them apart" in game.score.text()
    game.again.click()
    for answer in answers:
        game.guesses[next(one for one in game.guesses if one != answer)].click()
    assert game.note.text().startswith("Wrong")
    assert "take one for the other" in game.score.text()


def test_the_picture_leaves_cores_to_a_lab_while_it_trains(shown):
    runs = []
    jobs = shown.window.labs_jobs
    jobs._launch = lambda order, wake: runs.append(FakeRun(order, wake)) or runs[-1]
    jobs.run(LabRequest("forget", new_folder("forget")))
    assert shown.session.crowded
    runs[0].tell(Ended("", True))
    shown.qtbot.waitUntil(lambda: not shown.session.crowded)


def test_two_objects_are_taken_from_the_stream_while_a_button_is_held(shown, monkeypatch):
    runs = []
    window, qtbot = shown.window, shown.qtbot
    window.labs_jobs._launch = lambda order, wake: runs.append(FakeRun(order, wake)) or runs[-1]
    monkeypatch.setattr("nnvis.gui.labs.two_objects.EVERY_S", 0.0)
    window.commands["labs"].trigger()
    objects = window.labs.own.objects
    first, second = objects.piles.values()
    page = window.labs.turn_to("objects")
    shown.look()
    assert first.count == 0  # nobody held anything
    assert not page.run.isEnabled()
    assert page.note.text() == "Pictures still to take: 8 of first object and 8 of second object"

    def hold(pile, grey):
        monkeypatch.setattr(
            "helpers.fake_session.snapshot",
            lambda *asked: replace(made(*asked), fed=np.full((32, 32, 3), next(greys), np.uint8)),
        )
        greys = iter(range(grey, grey + 100))
        before = pile.count
        qtbot.mousePress(pile.hold, Qt.MouseButton.LeftButton)
        shown.look(8)
        qtbot.mouseRelease(pile.hold, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: pile.count == before + 8)

    made = snapshot
    hold(first, 0)
    assert page.note.text() == "Pictures still to take: 8 of second object"
    hold(second, 100)
    assert page.run.isEnabled()
    first.edit.setText("a red cup/")
    second.edit.setText("a red cup_")
    assert page.note.text() == "Give the two objects different names"
    second.edit.clear()

    page.run.click()
    asked = runs[0].order.own
    assert asked.names == ("a red cup_", "second object")
    assert asked.model_request == shown.controller.view_state.info.model_request
    kept = [len(list(folder.glob("*.png"))) for folder in asked.folders]
    assert kept == [8, 8]
    assert not second.clear.isEnabled()  # what is being learnt stays
    runs[0].tell(Ended("", True))
    qtbot.waitUntil(second.clear.isEnabled)

    second.clear.click()
    qtbot.waitUntil(lambda: second.count == 0)
    assert second.clear.text() == "Bring back"
    second.clear.click()
    qtbot.waitUntil(lambda: second.count == 8)
    assert objects.close_album() == []
    assert window.labs_jobs.memory.wait(60)


def test_the_layer_of_the_grid_is_compared_on_the_index_that_is_open(shown, tmp_path):
    runs = []
    window, controller = shown.window, shown.controller
    window.labs_jobs._launch = lambda order, wake: runs.append(FakeRun(order, wake)) or runs[-1]
    window.commands["labs"].trigger()
    page = window.labs.turn_to("basis")
    assert not page.run.isEnabled()
    assert page.note.text() == "Choose pictures: a folder, or that of an index"
    page.set_data(str(tmp_path))
    assert page.run.isEnabled()
    controller.go("body.conv", 3)
    assert "body.conv of made-up, 40 units" in window.labs.own.layer.text()
    page.run.click()
    order = runs[0].order
    assert order.own == OwnLayer(controller.view_state.info.model_request, "body.conv")
    assert order.data == str(tmp_path)
    assert len(order.seeds) == 5
    assert window.labs_jobs.memory.wait(60)


def test_a_picture_that_stands_still_is_taken_once_and_the_person_told(shown, monkeypatch):
    monkeypatch.setattr("nnvis.gui.labs.two_objects.STILL_S", 0.3)
    window = shown.window
    shown.look()  # the only one: a still picture is not looked at again
    window.commands["labs"].trigger()
    window.labs.turn_to("objects")
    objects = window.labs.own.objects
    first, second = objects.piles.values()
    assert not objects.live._image.isNull()
    shown.qtbot.keyPress(first.hold, Qt.Key.Key_Space)
    shown.qtbot.waitUntil(lambda: "does not change" in first._note.text())
    shown.qtbot.keyRelease(first.hold, Qt.Key.Key_Space)
    assert first.count == 1
    assert not first._note.isVisible()
    shown.qtbot.keyPress(second.hold, Qt.Key.Key_Space)
    shown.qtbot.waitUntil(lambda: "does not change" in second._note.text())
    shown.qtbot.keyRelease(second.hold, Qt.Key.Key_Space)
    assert objects.close_album() == []
    assert second.count == 0  # the same picture is not two objects
    assert window.labs_jobs.memory.wait(60)


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


def test_sliders_reach_both_ends_and_keep_the_default_exactly():
    for lab in EVERY.values():
        for knob in lab.options:
            one = ParameterSlider(knob)
            assert one.value == knob.default
            one.widget.setValue(one.widget.minimum())
            assert one.value == pytest.approx(knob.minimum, rel=0.02)
            one.widget.setValue(one.widget.maximum())
            assert one.value == pytest.approx(knob.maximum, rel=0.02)
            lab.values({knob.name: one.value})


def test_the_remaining_time_is_that_of_the_pace_so_far():
    state = LabState(running=True, begun=100.0, step=LabProgress(25, 100, "learning"))
    assert state.left(110.0) == 30
    assert state_text(state, 110.0) == "25 %, 30 s left"
    assert state.left(101.0) is None
    assert [time_text(s) for s in (0.2, 59, 80, 700)] == ["1 s", "59 s", "1 min 20 s", "11 min"]


def test_a_child_process_runs_a_lab_and_a_killed_one_is_told_of(qtbot, tmp_path):
    woken = []
    order = LabRequest(
        "forget", tmp_path / "out", seeds=(0,),
        values={"width": 8, "tasks": 2}, data=str(tmp_path / "none"),
    )  # fmt: skip
    run = LabRun(order, lambda: woken.append(1))
    told = []
    qtbot.waitUntil(lambda: bool(told.extend(run.take()) or _ends(told)), timeout=60_000)
    assert "there is no data" in told[-1].failure

    run = LabRun(LabRequest("forget", tmp_path / "out", seeds=(0,)), lambda: woken.append(1))
    told = []
    qtbot.waitUntil(
        lambda: bool(told.extend(run.take()) or any(isinstance(t, LabProgress) for t in told)),
        timeout=60_000,
    )
    run._child.kill()
    qtbot.waitUntil(lambda: bool(told.extend(run.take()) or _ends(told)), timeout=60_000)
    assert "broke off" in told[-1].failure
    run.close()


def test_a_child_process_teaches_the_network_two_objects_and_keeps_their_pictures(qtbot, tmp_path):
    die = np.random.default_rng(0)
    folders = tmp_path / "album" / "first", tmp_path / "album" / "second"
    for grey, folder in zip((60, 190), folders, strict=True):
        folder.mkdir(parents=True)
        for number in range(8):
            noise = (grey + die.normal(0, 20, (64, 64, 3))).clip(0, 255).astype(np.uint8)
            Image.fromarray(noise).save(folder / f"{number:05}.png")
    order = LabRequest(
        "objects", tmp_path / "out", seeds=(0,), values={"steps": 4}, data="",
        own=TwoObjects(ModelRequest("tiny"), ("a cup", "a ball"), folders),
    )  # fmt: skip
    run, told = LabRun(order, lambda: None), []
    qtbot.waitUntil(lambda: bool(told.extend(run.take()) or _ends(told)), timeout=240_000)
    assert told[-1] == Ended()
    record = read_record(tmp_path / "out")
    assert record.data == "a cup and a ball"
    assert "a cup" in record.outcome.seen
    kept = tmp_path / "out" / "pictures" / "a cup" / "00003.png"
    assert kept.read_bytes() == (folders[0] / "00003.png").read_bytes()
    run.close()


def test_a_child_process_compares_the_directions_of_a_layer(qtbot, tmp_path):
    die = np.random.default_rng(0)
    for number in range(40):
        coarse = die.integers(0, 256, (4, 4, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        Image.fromarray(coarse).save(tmp_path / f"{number}.png")
    order = LabRequest(
        "basis", tmp_path / "out", seeds=(0, 1), values={"directions": 8}, data=str(tmp_path),
        own=OwnLayer(ModelRequest("tiny"), "relu2"),
    )  # fmt: skip
    run, told = LabRun(order, lambda: None), []
    qtbot.waitUntil(lambda: bool(told.extend(run.take()) or _ends(told)), timeout=240_000)
    assert told[-1] == Ended()
    record = read_record(tmp_path / "out")
    assert "relu2 of tiny" in record.outcome.seen
    assert record.shown["game"].answers
    run.close()


def _ends(told):
    return bool(told) and isinstance(told[-1], Ended)
