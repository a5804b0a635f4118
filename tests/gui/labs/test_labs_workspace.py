"""The workspace "Labs": how it opens, its page, curves, findings, game and settings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from helpers.lab_runs import OUTCOME, step
from PySide6.QtCore import Qt

from nnvis.engine.lab_process import (
    Ended,
)
from nnvis.gui.widgets.parameter_form import ParameterSlider
from nnvis.labs.framework.outcome import (
    LabPicture,
    LabProgress,
    Measure,
)
from nnvis.labs.framework.record import Record
from nnvis.labs.framework.storage import write_record
from nnvis.labs.registry import EVERY


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
