"""Looking back and switching units off, by key and by mouse, and never a stale view."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.fake_session import model_info, snapshot
from PySide6.QtCore import Qt

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.snapshot import Attribution, Score
from nnvis.gui.attribution.jobs import AttributionJobs
from nnvis.gui.grid.grid_paint import tile_on_screen
from nnvis.progress import Progress
from nnvis.views.faithfulness_curves import Faithfulness, FaithfulnessCurve
from nnvis.views.request import LOGITS, Ablation, AblationMode, AttributionRequest


def looked_back(shown, request=None, bad=0):
    """Let the session answer with a view of what is wanted, or of another selection."""
    session = shown.session
    session.ticks += 1
    request = request or shown.controller.view_state.request
    fed = np.zeros((32, 32, 3), np.uint8)
    attribution = Attribution(
        request.origin, fed, np.zeros((3, 32, 32), np.float32), -2.0, 2.0, 3.0, True, "gray",
        "", "treated as ReLU: ReLU6", bad,
    )  # fmt: skip
    plain = snapshot(session.info, request, session.source.spec, session.ticks)
    session.snapshots.put(replace(plain, attribution=attribution))
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: shown.controller.last.frame.index == session.ticks)


def press(shown, name):
    shown.window.commands[name].trigger()


def test_a_key_goes_through_the_views_and_escape_ends_them(shown):
    controller, window = shown.controller, shown.window
    assert controller.view_state.request.attribution is None
    press(shown, "back")
    assert controller.view_state.request.attribution.view == "gradient"
    assert window.pages["back"].isVisible()
    press(shown, "back")
    assert controller.view_state.request.attribution.view == "input_x_gradient"
    press(shown, "back_before")
    press(shown, "back_before")
    assert controller.view_state.request.attribution is None
    press(shown, "back")
    press(shown, "reset")
    assert controller.view_state.request.attribution is None
    assert window.pages["unit"].isVisible()


def test_only_the_view_that_is_wanted_is_shown_and_it_says_what_it_is(shown):
    controller, pane = shown.controller, shown.window.pages["back"]
    press(shown, "back")
    looked_back(shown)
    assert pane.title.text() == "Gradient from stem.conv:0"
    assert pane.scale._ends == ("−2.00", "2.00")  # noqa: RUF001
    assert pane.note.text() == "treated as ReLU: ReLU6"
    assert not pane.picture._stale
    late = controller.view_state.request
    controller.go_unit(3)
    assert pane.picture._stale
    assert pane.scale._ends == ("…", "…")
    looked_back(shown, late)
    assert pane.picture._stale
    looked_back(shown, bad=7)
    assert not pane.picture._stale
    assert pane.warning.text() == "7 values are NaN or infinite, drawn in magenta"


def test_a_held_unit_stays_while_layers_are_browsed(shown):
    controller = shown.controller
    controller.go_unit(3)
    press(shown, "hold")
    controller.go_layer("body.conv")
    assert controller.view_state.request.origin == AttributionRequest("gradient", "stem.conv", 3)
    press(shown, "back_grid")
    assert controller.view_state.shows == "backward"
    looked_back(shown)
    assert not shown.window.pages["back"].picture._stale
    assert controller.shown is controller.last
    press(shown, "hold")
    assert controller.view_state.request.origin == AttributionRequest("gradient", "body.conv", 3)


def test_a_class_is_looked_back_from(shown):
    press(shown, "back")
    shown.look()
    controls = shown.window.pages["back"].controls
    controls.origin.menu().aboutToShow.emit()
    view_state = next(one for one in controls.origin.menu().actions() if "label 2" in one.text())
    view_state.trigger()
    assert shown.controller.view_state.request.origin == AttributionRequest("gradient", LOGITS, 2)
    assert shown.window.pages["back"].title.text() == "Gradient from label 2"


def test_the_cell_under_the_mouse_is_followed(shown):
    controller, window = shown.controller, shown.window
    controller.set_attribution(AttributionRequest(cells=(0, 0)))
    looked_back(shown)
    window.input.picture.pointed.emit(0.99, 0.5)
    assert controller.view_state.request.origin.cells == (6, 11)
    tile = tile_on_screen(window.grid.view, controller.last.sheet.grid, 5)
    at = tile.topLeft() + (tile.bottomRight() - tile.topLeft()) * 0.4
    shown.qtbot.mouseMove(window.grid.viewport(), at.toPoint())
    assert controller.view_state.request.origin.cells in ((4, 4), (5, 4), (4, 5))
    window.pages["back"].picture.pointed.emit(0.999, 0.0)
    assert controller.view_state.request.origin.cells == (0, 11)
    controller.go_layer("body.conv")  # whose maps are smaller
    assert controller.view_state.request.origin.cells == (0, 6)
    press(shown, "hold")
    assert controller.view_state.request.origin.cells == (0, 6)
    press(shown, "hold")
    assert controller.view_state.request.origin.cells == "map"


def test_units_go_off_by_key_and_click_and_one_key_puts_all_back(shown):
    controller, window = shown.controller, shown.window
    press(shown, "switch_off")
    shown.look()
    tile = tile_on_screen(window.grid.view, controller.last.sheet.grid, 4).center().toPoint()
    shown.qtbot.mouseClick(
        window.grid.viewport(), Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.ControlModifier, tile,
    )  # fmt: skip
    assert controller.view_state.request.unit == 0
    assert controller.view_state.request.ablation.units == (
        Ablation("stem.conv", 0),
        Ablation("stem.conv", 4),
    )
    assert window.pages["ablation"].list.topLevelItemCount() == 2
    assert window.toolbar.changed.isVisible()
    assert window.scores._stale  # its numbers are of the network as it was
    shown.look()
    assert not window.scores._stale
    controller.go_layer("body.conv")
    assert controller.view_state.shows == "change"
    press(shown, "compare")
    assert controller.view_state.shows == "clean"
    press(shown, "put_back")
    assert controller.view_state.request.ablation.units == ()
    assert window.pages["ablation"].list.isHidden()
    assert not window.toolbar.changed.isVisible()


def test_a_unit_is_scaled_and_clamped(shown):
    controller, switched = shown.controller, shown.window.pages["ablation"]
    press(shown, "switch_how")
    assert controller.view_state.request.ablation.units == (
        Ablation("stem.conv", 0, AblationMode.SCALE, 2.0),
    )
    switched.factor.setValue(switched.factor.minimum())
    assert controller.view_state.request.ablation.units[0].factor == -2.0
    switched.how_chosen.emit(AblationMode.CLAMP)
    switched.low.setText("-0.5")
    switched.low.editingFinished.emit()
    assert controller.view_state.request.ablation.units[0].low == -0.5
    item = switched.list.topLevelItem(0)
    switched.list.itemClicked.emit(item, 2)
    assert controller.view_state.request.ablation.units == ()


def test_the_scores_tell_what_they_were(shown):
    controller, session = shown.controller, shown.session
    press(shown, "switch_off")
    session.ticks += 1
    plain = snapshot(session.info, controller.view_state.request, "demo", session.ticks)
    before = tuple(Score(one.index, one.label, 0.25) for one in plain.top)
    session.snapshots.put(replace(plain, unablated=before))
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: controller.last.frame.index == session.ticks)
    assert shown.window.scores._before == before
    shown.window.scores.grab()


@pytest.fixture
def slow(shown):
    shown.controller.set_attribution(AttributionRequest("smoothgrad"))
    shown.look()
    job = shown.session.asked[-1]
    assert job.title == "smoothgrad"
    return SimpleNamespace(**vars(shown), job=job, pane=shown.window.pages["back"])


def finish(slow, job, state):
    request = slow.controller.view_state.request
    plain = snapshot(slow.session.info, request, "demo", 5)
    attribution = Attribution(
        request.origin, plain.fed, np.zeros((3, 32, 32), np.float32), -1.0, 1.0, 1.0, True,
        "gray", "", "", 0,
    )  # fmt: skip
    job.state, job.result = state, replace(plain, attribution=attribution)
    slow.session.listener.job_changed(job)
    slow.qtbot.waitUntil(
        lambda: slow.window.pages["back"].findChild(AttributionJobs).view.job is not job
    )


def test_a_slow_view_is_a_job_beside_the_stream_and_says_of_which_frame(slow):
    slow.job.state, slow.job.progress = JobState.RUNNING, Progress(3, 25)
    slow.session.listener.job_changed(slow.job)
    slow.qtbot.waitUntil(lambda: slow.pane.bar.value() == 3)
    slow.look()
    assert slow.session.asked[-1] is slow.job  # one is enough
    finish(slow, slow.job, JobState.DONE)
    assert slow.pane.picture._note == "of frame 5"
    assert not slow.pane.picture._stale
    slow.look()
    assert not slow.pane.picture._stale
    slow.controller.set_display(replace(slow.controller.view_state.request.display, kind="norm"))
    assert slow.session.asked[-1].title == "repaint"


def test_another_unit_ends_the_slow_view_and_begins_its_own(slow):
    slow.controller.go_unit(2)
    assert slow.job.cancel_requested
    assert slow.pane.picture._stale
    slow.look()
    assert slow.session.asked[-1] is not slow.job
    assert slow.window.pages["back"].findChild(AttributionJobs).found is None
    slow.pane.cancel.click()
    assert slow.session.asked[-1].cancel_requested


def test_another_model_without_the_held_layer_lets_go(shown):
    shown.controller.go_layer("body.conv")
    press(shown, "hold")
    press(shown, "switch_off")
    other = model_info("other", shown.session.info.layers[:2])
    shown.session.loaded(other)
    shown.qtbot.waitUntil(lambda: shown.controller.view_state.info is other)
    assert not shown.controller.view_state.request.pinned
    assert shown.controller.view_state.request.ablation.units == ()


def test_a_cam_weighs_the_maps_of_the_layer_that_is_chosen(shown):
    shown.controller.set_attribution(AttributionRequest("gradcam"))
    shown.controller.pin_origin(LOGITS, 1)
    at = shown.window.pages["back"].controls.at
    assert at.isVisible()
    shown.controller.go_layer("stem.act")
    next(one for one in at.menu().actions() if one.text() == "stem.act").trigger()
    assert shown.controller.view_state.request.origin == AttributionRequest(
        "gradcam", LOGITS, 1, at="stem.act"
    )
    shown.controller.set_attribution(AttributionRequest("gradient"))
    assert not at.isVisible()


def test_the_options_of_a_slow_view_are_set_on_its_page(slow):
    controls = slow.pane.controls
    form = controls._forms["smoothgrad"]
    assert form.values() == {"samples": 25, "noise": 0.15, "random_seed": 0}
    slider = form.controls["noise"].widget
    slider.setValue(slider.maximum())
    slow.qtbot.waitUntil(
        lambda: slow.controller.view_state.request.attribution.parameters == (("noise", 1.0),)
    )
    assert slow.job.cancel_requested
    slow.look()
    assert slow.session.asked[-1].title == "smoothgrad"
    controls._choose_view("occlusion")
    assert slow.controller.view_state.request.attribution.parameters == ()
    assert not form.isVisible()
    controls._choose_view("smoothgrad")  # what was set comes back with the view
    assert slow.controller.view_state.request.attribution.parameters == (("noise", 1.0),)
    box = form.controls["random_seed"].widget
    box.setText("-4")
    box.editingFinished.emit()
    assert box.text() == "0"


def test_a_view_is_scored_on_the_picture_that_is_shown(shown):
    controller, pane = shown.controller, shown.window.pages["back"]
    strip = pane.score
    press(shown, "back")
    strip.button.click()  # no picture of it yet: one line, and nothing is begun
    assert not any(isinstance(one, Job) for one in shown.session.asked)
    looked_back(shown)
    strip.button.click()
    job = shown.session.asked[-1]
    assert job.title == "score of a view"
    assert strip.cancel.isVisible()
    scored = controller.last
    curve = FaithfulnessCurve(np.linspace(1, 0, 5), np.ones(5) / 2, np.ones((2, 5)) / 2)
    worse = FaithfulnessCurve(np.zeros(5), np.ones(5) / 2, np.ones((2, 5)) / 2)
    score = Faithfulness(curve, worse, "the probability of label 2")
    job.result = replace(scored, attribution=replace(scored.attribution, score=score))
    job.state = JobState.DONE
    shown.session.listener.job_changed(job)
    shown.qtbot.waitUntil(strip.line.isVisible)
    assert "no better than an order that knows nothing" in strip.line.text()
    assert "deletion 0.500" in strip.detail.text()
    assert shown.window.context.saving.still().attribution.score is score
    looked_back(shown)  # of another frame, to which the score does not belong
    assert shown.window.context.saving.still() is None
    controller.go_unit(3)
    assert not strip.line.isVisible()


def test_relevance_of_a_held_class_passes_the_unit_that_is_selected(slow):
    controller, controls = slow.controller, slow.pane.controls
    controls._choose_view("lrp")
    assert not controls.through.isVisible()  # of what is selected itself there is nothing between
    controller.pin_origin(LOGITS, 2)
    assert controls.through.isVisible()
    controller.go("body.conv", 5)
    controls.through.menu().actions()[1].trigger()
    assert controller.view_state.request.origin.passed == ("body.conv", 5)
    assert slow.pane.title.text() == "Relevance (LRP) from label 2 through body.conv:5"
    controller.go_unit(6)
    assert controller.view_state.request.origin.passed == ("body.conv", 6)
    controls._choose_view("gradient")
    assert controller.view_state.request.origin.passed is None
