"""Objects in the window: listed, drawn, chosen by a click, said to be none."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.fake_session import LABELS, model_info, snapshot
from PySide6.QtCore import QPoint, Qt

from nnvis.engine.protocol.snapshot import AttackResult, Score
from nnvis.models.detection.region import FoundObject, FoundObjects, Region

LONG = "a very long name of a class that does not fit into any place of the window"


def objects(count, masks=False):
    listed = tuple(
        FoundObject(
            at % 10, LONG if at == 1 else LABELS[at % 10], 0.9 - 0.008 * at,
            (0.1, 0.1, 0.4, 0.4) if at == 0 else (0.5, 0.5, 0.6 + 0.003 * at, 0.9), 0.01,
        )
        for at in range(count)
    )  # fmt: skip
    laid = np.zeros((32, 32), np.int16)
    if masks and count:
        laid[3:13, 3:13] = 1
    return FoundObjects(listed, laid if masks else None)


@pytest.fixture
def detector(shown, qtbot):
    session, controller = shown.session, shown.controller
    session.loaded(replace(model_info("finder"), detects="boxes", kinds=10))
    qtbot.waitUntil(
        lambda: (
            controller.view_state.info is not None and controller.view_state.info.name == "finder"
        )
    )

    def look(found, followed=None):
        session.ticks += 1
        shot = snapshot(session.info, controller.view_state.request, "demo", session.ticks)
        if session.snapshots.put(replace(shot, top=(), objects=found, followed=followed)):
            session.listener.snapshot_ready()
        qtbot.waitUntil(
            lambda: controller.last is not None and controller.last.frame.index == session.ticks
        )

    shown.find = look
    return shown


def test_objects_are_listed_drawn_and_chosen(detector, qtbot):
    window, controller = detector.window, detector.controller
    page = window.pages["objects"]
    detector.find(objects(2))  # while the page is out of sight
    window.right.turn_to("objects")
    assert page.title.text() == "2 of 2 drawn"
    assert [one.text.partition(",")[0] for one in page.list.entries] == ["label 0", LONG]
    assert window.scores_head.text() == "Objects"
    assert [one.label for one in window.scores._top] == ["label 0", LONG]
    assert len(window.input.picture._boxes) == 2
    page.least.setValue(90)
    assert len(window.input.picture._boxes) == 1
    page.least.setValue(10)
    box = window.input.picture._box()
    place = QPoint(round(box.left() + 0.2 * box.width()), round(box.top() + 0.2 * box.height()))
    qtbot.mouseClick(window.input.picture, Qt.MouseButton.LeftButton, pos=place)
    asked = controller.view_state.request.attribution
    assert (asked.unit, asked.pinned, asked.region) == (0, True, Region(0, (0.1, 0.1, 0.4, 0.4)))
    detector.find(objects(2), followed=0)
    assert [one.wide for one in window.input.picture._boxes] == [True, False]
    window.commands["next_object"].trigger()
    assert controller.view_state.request.attribution.region.label == 1
    controller.pin_origin("stem.conv", 2)
    assert controller.view_state.request.attribution.region is None


def test_an_object_is_attacked_from_its_page(detector):
    window, controller = detector.window, detector.controller
    window.right.turn_to("objects")
    detector.find(objects(3))
    window.pages["objects"].fool.click()
    attack = controller.view_state.request.attack
    assert attack.region == Region(0, (0.1, 0.1, 0.4, 0.4))
    target = window.attack.attack.controls.target
    target.edit.setText("gone")
    target._typed()
    assert controller.view_state.request.attack.target == 10
    controller.pin_object(Region(3, (0.0, 0.0, 1.0, 1.0)))
    assert controller.view_state.request.attack.region.label == 3


@pytest.mark.parametrize("count", [0, 100])
def test_none_and_a_hundred(detector, count):
    window = detector.window
    page = window.pages["objects"]
    window.right.turn_to("objects")
    detector.find(objects(count, masks=True))
    assert page.title.text() == ("Nothing found" if not count else "51 of 100 drawn")
    assert len(page.list.entries) == count
    assert page.fool.isEnabled() == bool(count)
    assert window.grab().width() == window.width()


def test_the_attacked_picture_has_boxes_of_its_own(detector, qtbot):
    window, controller = detector.window, detector.controller
    detector.find(objects(2))
    window.commands["fool"].trigger()
    panes, session = window.attack.pictures, detector.session
    grey = np.full((32, 32, 3), 128, np.uint8)
    scores = (Score(3, LABELS[3], 0.9),)
    answer = AttackResult(
        grey, grey, 1.0, scores, 0.5, True, 0.01, 1.0, 9, 1, 1, 1, "", (), (), objects(1), grey + 1
    )  # fmt: skip
    session.ticks += 1
    shot = snapshot(session.info, controller.view_state.request, "demo", session.ticks)
    session.snapshots.put(replace(shot, top=scores, objects=objects(2), attack=answer))
    session.listener.snapshot_ready()
    qtbot.waitUntil(lambda: len(panes.attacked._boxes) == 1)
    assert [one.text for one in panes.attacked._boxes] == ["label 0 0.90"]
    assert len(panes.clean._boxes) == 2
    assert panes.attacked._image.pixelColor(0, 0).red() == 129  # the masks' tint, where there are
    window.pages["objects"].least.setValue(90)
    assert (len(panes.clean._boxes), len(panes.attacked._boxes)) == (1, 1)


def test_a_network_of_classes_says_that_it_looks_for_none(shown):
    shown.window.right.turn_to("objects")
    shown.look()
    page = shown.window.pages["objects"]
    assert page.title.text() == "This network looks for no objects"
    assert not page.least.isVisible()
    assert not page.fool.isVisible()
    assert page.instead.isVisible()
    asked = []
    shown.window.commands["open_model"].triggered.connect(lambda: asked.append("a network"))
    page.open.click()  # the way to one that does
    assert asked
