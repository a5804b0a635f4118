"""Labs of the live network: what they take of the stream, the grid and an index."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from helpers.fake_session import snapshot
from helpers.lab_runs import FakeRun
from PySide6.QtCore import Qt
from shiboken6 import delete

from nnvis.engine.lab_process import (
    Ended,
    OwnLayer,
)
from nnvis.gui.labs.own_network import OwnNetworkLabs


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
    assert page.note.text() == "Pictures still to take: first object: 8, second object: 8"

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
    assert page.note.text() == "Pictures still to take: second object: 8"
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


def test_pages_that_outlive_their_labs_tell_nobody(qtbot):
    labs = OwnNetworkLabs()
    objects, page = labs.objects, labs.page("basis")
    told = []
    labs.changed.connect(told.append)
    objects.changed.emit()
    page.data_chosen.emit("a folder")
    assert told == ["objects", "basis"]
    with qtbot.captureExceptions() as errors:
        delete(labs)
        objects.changed.emit()
        page.data_chosen.emit("a folder")
    assert not errors
    for one in (objects, page):
        qtbot.addWidget(one)
