"""The workspace "Fool": on and off, what is current in it, and what a person types."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.fake_session import LABELS, LAYERS, model_info, snapshot
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from nnvis.attacks import ATTACKS
from nnvis.engine.protocol.attack_results import Exported, SmallestFound, TransformRobustness
from nnvis.engine.protocol.job import JobState
from nnvis.engine.protocol.request import AttackRequest, AttackShows
from nnvis.engine.protocol.snapshot import AttackResult, LayerDifference, Opinion, Score
from nnvis.gui.attack.questions import QUESTIONS
from nnvis.gui.attack.target_class import find, unique
from nnvis.gui.attack.text import percent, verdict
from nnvis.parameters import options
from nnvis.sources.source import Control, SourceState, Status


def fooled(success=True, top=3, **changes):
    grey = np.full((32, 32, 3), 128, np.uint8)
    made = AttackResult(
        adversarial=grey,
        perturbation=grey,
        gain=31.75,
        top=(Score(top, LABELS[top], 0.88), Score(0, LABELS[0], 0.05)),
        clean_probability=0.5,
        success=success,
        linf=4 / 255,
        l2=1.234,
        changed=37121,
        steps=2,
        walked=2,
        held=5,
        note="",
        control=(),
        changes=(
            LayerDifference("stem.conv", 0.1, ((3, 0.5),)),
            LayerDifference("head", 0.7, ((1, 0.9), (2, 0.8))),
        ),
    )
    return replace(made, **changes)


def attack(shown, **changes):
    """Answer what is wanted with an attacked picture."""
    session, controller = shown.session, shown.controller
    session.ticks += 1
    plain = snapshot(
        session.info, controller.view_state.request, controller.view_state.source, session.ticks
    )
    session.snapshots.put(replace(plain, attack=fooled(**changes)))
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: controller.last.frame.index == session.ticks)


@pytest.fixture
def open_fool(shown):
    shown.qtbot.keyClick(shown.window.grid, "a")
    attack(shown)
    return shown


def test_a_opens_it_and_esc_leaves_it(shown):
    window, controller = shown.window, shown.controller
    before = window.grid.width()
    shown.qtbot.keyClick(window.grid, "a")
    assert window.attack.isVisible()
    assert not window.input.isVisible()
    assert window.commands["fool"].isChecked()
    assert controller.view_state.request.attack is not None
    attack(shown)
    assert "5.0" not in window.attack.pictures.change.text()
    assert window.attack.pictures.word.text() == "fooled"
    assert window.attack.attack.numbers["L∞"].text() == "4/255"
    assert window.attack.attack.numbers["pixels"].text() == "37,121"
    window.commands["reset"].trigger()
    assert controller.view_state.request.attack is None
    assert window.input.isVisible()
    shown.qtbot.waitUntil(lambda: abs(window.grid.width() - before) <= 4)


def test_the_source_stays_in_sight_and_in_hand(open_fool):
    window, report = open_fool.window, open_fool.controller.report
    lost = replace(report, status=Status(SourceState.LOST), controls=frozenset({Control.STEP}))
    open_fool.session.listener.source_changed(lost)
    badge = window.source.badge
    open_fool.qtbot.waitUntil(lambda: badge.accessibleDescription() == "lost, retrying")
    assert badge.isVisible()
    assert window.source.transport.forward.isVisible()
    assert not window.source.transport.pause.isVisible()


def test_what_another_target_or_source_gave_is_not_current(open_fool):
    window, controller = open_fool.window, open_fool.controller
    pictures = window.attack.pictures
    assert not pictures.attacked_bars.stale
    window.attack.attack.controls.target.edit.setText("label 7")
    window.attack.attack.controls.target.edit.editingFinished.emit()
    assert controller.view_state.request.attack.target == 7
    assert pictures.attacked_bars.stale
    assert pictures.change.text() == "…"
    assert not pictures.clean_bars.stale
    attack(open_fool, success=False)
    assert pictures.word.text() == "not yet"
    assert pictures.change.text().endswith("not label 7")
    open_fool.session.opened("sample:chelsea")
    open_fool.qtbot.waitUntil(lambda: controller.view_state.source == "sample:chelsea")
    assert pictures.clean_bars.stale
    assert window.attack.attack.numbers["L2"].text() == "…"


def test_a_warning_comes_and_goes_and_no_control_moves(open_fool):
    page, qapp = open_fool.window.attack.attack, QApplication.instance()
    places = []
    for note in (
        "",
        "the gradient is zero or not a number here: that says nothing about robustness",
        "the clean top class leads by less than 0.05: noise may change it as well",
        "",
    ):
        attack(open_fool, note=note)
        qapp.sendPostedEvents()
        qapp.processEvents()
        assert page.note.text() == note
        wide = page.note.fontMetrics().boundingRect(
            page.note.rect(), Qt.TextFlag.TextWordWrap, note
        )
        assert wide.height() <= page.note.height()
        places.append(page.controls.y())
    assert len(set(places)) == 1


def test_a_snapshot_without_the_attack_fills_the_clean_half_only(open_fool):
    window, controller = open_fool.window, open_fool.controller
    open_fool.session.tick(replace(controller.view_state.request, attack=None))
    open_fool.qtbot.waitUntil(lambda: controller.last.frame.index == open_fool.session.ticks)
    match = controller.view_state.match(controller.last)
    assert match.picture
    assert not match.layer  # the grid is asked for the difference
    assert not match.attack
    assert window.attack.pictures.attacked_bars.stale


def test_another_model_forgets_the_target(open_fool):
    controller, session = open_fool.controller, open_fool.session
    controller.set_attack(replace(controller.view_state.request.attack, target=7))
    same = model_info("same labels", LAYERS)
    session.loaded(same)
    open_fool.qtbot.waitUntil(lambda: controller.view_state.info is same)
    assert controller.view_state.request.attack.target == 7
    other = replace(model_info("other"), labels=("a", "b"))
    session.loaded(other)
    open_fool.qtbot.waitUntil(lambda: controller.view_state.info is other)
    assert controller.view_state.request.attack.target is None


def test_controls_say_what_they_ask_for(open_fool):
    controls, controller = open_fool.window.attack.attack.controls, open_fool.controller
    rows = controls.form.controls
    own = {"target", "region", "second"}  # with editors of their own
    assert {*rows, *own} == {one.name for one in options(AttackRequest)}
    size = rows["eps"]
    size.widget.setValue(8 - 1)  # the slider begins at one level
    assert controller.view_state.request.attack.eps == 8 / 255
    assert size.number.text() == "8/255"
    rows["norm"].widget.buttons["l2"].click()
    assert controller.view_state.request.attack.norm == "l2"
    assert (controller.view_state.request.attack.eps, size.number.text()) == (1.0, "1.0")
    size.widget.setValue(25 - 1)
    assert controller.view_state.request.attack.eps == 2.5
    rows["step"].widget.setText("0.25")
    rows["step"].widget.editingFinished.emit()
    rows["steps"].widget.setValue(6)
    rows["control"].widget.click()
    asked = controller.view_state.request.attack
    assert (asked.step, asked.steps, asked.control) == (0.25, 7, True)
    open_fool.window.commands["carry"].trigger()
    assert controller.view_state.request.attack.carried
    assert rows["carried"].widget.buttons[True].isChecked()
    assert not rows["steps"].widget.isEnabled()
    open_fool.window.commands["fool_grid"].trigger()
    assert controller.view_state.request.attack.shows is AttackShows.ATTACKED


def test_a_size_beyond_the_slider_stays_when_something_else_is_chosen(open_fool):
    controls, controller = open_fool.window.attack.attack.controls, open_fool.controller
    controller.set_attack(replace(controller.view_state.request.attack, eps=64 / 255))
    assert controls.form.controls["eps"].number.text() == "64/255"
    controls.form.controls["shows"].widget.buttons["clean"].click()
    asked = controller.view_state.request.attack
    assert (asked.eps, asked.shows) == (64 / 255, AttackShows.CLEAN)


def test_classes_are_found_by_any_part_of_their_names():
    names = unique(("crane", "tabby, tabby cat", "tiger cat", "crane"))
    assert names[3] == "crane (3)"
    assert find("", names) is None
    assert find("TABBY", names) == 1
    assert find("iger", names) == 2
    assert find("3", names) == 3
    for text, said in (("cat", "several"), ("trane", "crane"), ("9", "from 0 to 3")):
        with pytest.raises(LookupError, match=said):
            find(text, names)


def test_an_unknown_class_is_one_line_and_changes_nothing(open_fool):
    target, controller = open_fool.window.attack.attack.controls.target, open_fool.controller
    before = controller.view_state.request
    target.edit.setText("labl 7x")
    target.edit.editingFinished.emit()
    assert target.line.isVisible()
    assert "label 7" in target.line.text()
    assert controller.view_state.request == before


def test_verdicts_in_words(shown):
    one = snapshot(shown.session.info, shown.controller.view_state.request)
    plain = shown.controller.view_state.request
    shown.window.attack.switch(True)
    fooling = shown.controller.view_state.request.attack
    assert plain.attack is None
    assert verdict(one, fooled(), fooling) == ("fooled", "label 0 50 % → label 3 88 %")
    assert verdict(one, fooled(success=False, top=0), fooling)[0] == "holds"
    assert [percent(x) for x in (0, 0.001, 0.5, 0.999, 1)] == [
        "0 %", "< 1 %", "50 %", "> 99 %", "100 %",
    ]  # fmt: skip


def test_the_curve_and_the_units_lead_to_their_layers(open_fool):
    window, controller = open_fool.window, open_fool.controller
    where = window.attack.where
    window.attack.turn_to("where")
    attack(open_fool)
    rows = [where.units.topLevelItem(row) for row in range(where.units.topLevelItemCount())]
    assert [(row.text(1), row.text(2)) for row in rows] == [
        ("head", "unit 1  label 1"), ("head", "unit 2  label 2"), ("stem.conv", "unit 3"),
    ]  # fmt: skip
    where.units.itemClicked.emit(rows[1], 0)
    assert (controller.view_state.request.layer, controller.view_state.request.unit) == ("head", 2)
    open_fool.qtbot.waitUntil(where.plot.isVisible)
    box = where.plot.getPlotItem().getViewBox()
    inside = QPointF(0.1, box.viewRect().center().y())
    open_fool.qtbot.waitUntil(lambda: where.index_at(box.mapViewToScene(inside)) == 0)
    where.plot.clicked.emit(box.mapViewToScene(inside))
    assert controller.view_state.request.layer == "stem.conv"


def test_a_question_is_followed_and_its_answer_goes_with_its_aim(open_fool):
    window, controller, session = open_fool.window, open_fool.controller, open_fool.session
    robust = window.attack.robust
    window.attack.turn_to("robust")
    assert robust.of["smallest"].text() == QUESTIONS["smallest"][1]  # what it asks
    robust.buttons["smallest"].click()
    job = session.asked[-1]
    assert robust.busy.isVisible()
    job.result = SmallestFound("linf", 1 / 255, Score(3, LABELS[3], 0.7), 64 / 255, "")
    job.state = JobState.DONE
    open_fool.bridge.take_job(job)
    assert not robust.busy.isVisible()
    assert robust.lines["smallest"].text() == "L∞ 1/255 is enough → label 3 70 %"
    assert "label 0 → label 3" in robust.of["smallest"].text()
    robust.buttons["survival"].click()
    late = session.asked[-1]
    controller.set_attack(replace(controller.view_state.request.attack, target=5))
    assert not robust.lines["smallest"].isVisible()
    assert robust.of["smallest"].text() == QUESTIONS["smallest"][1]
    assert late.cancel_requested
    late.result, late.state = TransformRobustness((), {}), JobState.DONE
    open_fool.bridge.take_job(late)
    assert not robust.table.isVisible()


def test_an_export_is_told_with_what_the_file_gives(open_fool, tmp_path):
    window, controller = open_fool.window, open_fool.controller
    controller.settings.snapshot_folder = str(tmp_path)
    menu = {one.text(): one for one in window.attack.methods.menu().actions()}
    named = {one.title.replace("&", "&&") for one in ATTACKS.values()}  # else it marks a key
    assert set(menu) == {"As live", *named}
    menu["DeepFool"].trigger()
    window.commands["fool_export"].trigger()
    job = open_fool.session.asked[-1]
    assert "deepfool" in job.start.args
    job.result = Exported((tmp_path / "a.png",), True, Score(3, LABELS[3], 0.7), (600, 400))
    job.state = JobState.DONE
    open_fool.bridge.take_job(job)
    assert "400; read again: fooled, label 3 70 %" in window.toast.text.toolTip()
    controller.set_attack(replace(controller.view_state.request.attack, target=5))
    window.commands["fool_export"].trigger()
    assert open_fool.session.asked[-1] is job
    assert "no attacked picture is shown yet" in window.banner.text.text()


def test_a_second_network_is_asked_and_quoted(open_fool):
    second, controller = open_fool.window.attack.attack.controls.second, open_fool.controller
    second.edit.setText("torchvision/resnet18")
    second.edit.editingFinished.emit()
    assert controller.view_state.request.attack.second.spec == "torchvision/resnet18"
    attack(open_fool, second=Opinion("torchvision/resnet18", note="loading torchvision/resnet18"))
    assert second.says.text() == "loading torchvision/resnet18"
    espresso = (Score(0, "espresso", 0.9),)
    attack(open_fool, second=Opinion("resnet18", espresso, espresso))
    assert second.says.text() == "holds: espresso 90 % → espresso 90 %"


def test_the_wheel_over_a_slider_scrolls_the_form_and_changes_nothing(shown):
    shown.window.commands["fool"].trigger()
    size = shown.window.attack.attack.controls.form.controls["eps"].widget
    shown.qtbot.waitUntil(size.isVisible)
    at = QPointF(size.rect().center())
    event = QWheelEvent(
        at, QPointF(size.mapToGlobal(at)), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    before, asked = size.value(), shown.controller.view_state.request.attack
    shown.window.grid.setFocus()
    QApplication.sendEvent(size, event)
    assert not event.isAccepted()  # it is for what scrolls
    assert (size.value(), shown.controller.view_state.request.attack) == (before, asked)
