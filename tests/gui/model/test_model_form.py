"""The form of the window asks for what the command line asks for, and loses nothing."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from helpers.fake_session import model_info
from PySide6.QtCore import QEvent, Qt

from nnvis.gui.model.model_form import FIELDS
from nnvis.models.info import ModelRequest, OutputInfo
from nnvis.models.trusted_code import read_code, trust

WHOLE = ModelRequest(
    "torchvision/resnet18", "cpu", weights="/数据/w.pth", ema=False, random_weights=False, seed=3,
    labels="/数据/l.txt", input_size=(48, 64), mean=(0.5, 0.25, 0.1), std=(1.0, 2.0, 1e-3),
    channels=3, output="aux.0", scores="sigmoid", precision="bfloat16",
)  # fmt: skip


@pytest.fixture
def form(shown):
    shown.window.commands["open_model"].trigger()
    return shown.window.opening.form


def test_every_field_is_asked_for_and_what_is_filled_in_comes_back(form):
    assert set(form.rows) == set(FIELDS) == {one.name for one in fields(ModelRequest)}
    for asked in (WHOLE, ModelRequest(), replace(WHOLE, ema=True, input_size=(32, 32))):
        form.fill(asked)
        assert form.model_request == asked


def test_what_is_wrong_stands_at_its_field_and_the_model_in_use_stays(shown, form):
    form.fill(replace(WHOLE, weights="/gone.pth"))
    form.rows["mean"].line.setText("a,b")
    form.load.click()
    assert "Mean 'a,b' is not a list of numbers" in form.rows["mean"].error.text()
    assert form.asked is None
    form.rows["mean"].line.setText("0.5")
    assert not form.rows["mean"].error.isVisibleTo(form)
    form.load.click()
    asked = shown.session.asked[-1]
    assert asked == replace(WHOLE, weights="/gone.pth", mean=(0.5,))
    shown.bridge.model_failed(asked, "/gone.pth does not exist; check the name", "weights")
    shown.qtbot.waitUntil(lambda: form.asked is None)
    assert form.rows["weights"].error.text() == "/gone.pth does not exist; check the name"
    assert form.model_request == asked  # nothing of it is lost
    assert not shown.window.banner.isVisible()
    assert shown.controller.view_state.info.name == "made-up"
    form.load.click()
    shown.session.loaded(replace(model_info(), model_request=asked))
    shown.qtbot.waitUntil(lambda: shown.window.opening.form is None)


def test_a_form_that_went_leaves_no_list_of_suggestions(shown, qapp):
    def lists():
        return sum(one.objectName() == "suggestions" for one in qapp.topLevelWidgets())

    before = lists()
    shown.window.commands["open_model"].trigger()
    form = shown.window.opening.form
    assert lists() > before
    form.give_up.click()
    form.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert lists() == before


def test_loading_can_be_given_up(shown, form):
    form.fill(WHOLE)
    form.load.click()
    assert form.give_up.text() == "Cancel loading"
    form.give_up.click()
    assert shown.session.asked[-1] == "cancel loading"
    assert form.model_request == WHOLE
    assert form.load.isEnabled()
    assert not shown.window.status.task.isVisible()
    form.give_up.click()
    assert shown.window.opening.form is None


def test_it_is_offered_where_picked_weights_do_not_fit(shown, tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"x")
    shown.window.opening.open_path(str(path))
    asked = ModelRequest("made-up", weights=str(path))
    shown.bridge.model_failed(asked, "w does not fit", "weights")
    shown.qtbot.waitUntil(lambda: shown.window.opening.form is not None)
    form = shown.window.opening.form
    assert form.model_request == asked
    assert form.rows["weights"].error.text() == "w does not fit"


def test_classes_without_names_are_asked_for(shown):
    assert not shown.window.badge.labels.isVisible()
    shown.session.loaded(replace(model_info(), labels=None, outputs=(OutputInfo("output", (2,)),)))
    shown.qtbot.waitUntil(shown.window.badge.labels.isVisible)
    shown.window.badge.labels.click()
    assert shown.window.opening.form is not None


def test_what_a_person_confirms_is_the_code_that_the_form_was_about(shown, form, tmp_path):
    code = tmp_path / "net.py"
    code.write_text("def make(): pass\n")
    request = ModelRequest(f"{code}:make")
    trust(read_code(request.spec).mark)
    form.fill(request)
    shown.qtbot.waitUntil(form.load.isEnabled)
    assert form.load.text() == "Load"
    code.write_text("def make(): print()\n")
    form.load.click()
    assert shown.session.asked[-1] == request
    assert not read_code(request.spec).trusted  # so whoever loads it refuses, and it is asked about
    shown.bridge.model_failed(request, "it was changed", "spec")
    shown.qtbot.waitUntil(lambda: form.load.text() == "Run this code")
    assert form.rows["spec"].error.text() == "it was changed"
    form.load.click()
    shown.qtbot.waitUntil(lambda: read_code(request.spec).trusted)
    assert shown.session.asked[-1] == request


def test_what_a_file_of_code_makes_is_offered_and_stays_while_one_types(form, qtbot, tmp_path):
    (tmp_path / "nets.py").write_text("def one():\n    pass\n\n\nclass Two:\n    pass\n")
    row, path = form.rows["spec"], tmp_path / "nets.py"
    form.activateWindow()
    row._found_file(str(path))
    qtbot.waitUntil(row.completer.popup().isVisible)
    found = row.completer.completionModel()
    assert [found.index(at, 0).data() for at in range(found.rowCount())] == [
        f"{path}:one", f"{path}:Two"
    ]  # fmt: skip
    qtbot.keyClicks(row.completer.popup(), "Tw")
    qtbot.waitUntil(lambda: form._code is not None)
    assert row.completer.popup().isVisible()
    qtbot.keyClick(row.completer.popup(), Qt.Key.Key_Down)
    qtbot.keyClick(row.completer.popup(), Qt.Key.Key_Return)
    assert row.text == f"{path}:Two"
