"""The page of the stream: frames of the selected unit, and the units that see what is held."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import numpy as np
import pytest
from helpers.fake_session import model_info, snapshot
from PIL import Image
from PySide6.QtCore import QPoint, Qt

from nnvis.engine.protocol.observations import StreamFrame, StreamResult, UnitRanking
from nnvis.engine.protocol.snapshot import Observations


def jpeg(grey):
    buffer = io.BytesIO()
    Image.fromarray(np.full((24, 32, 3), grey, np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def answer(shown, request=None, kept=9, ranking=None, present=0, absent=20, problem=""):
    session = shown.session
    request = request or shown.controller.view_state.request
    session.ticks += 1
    now = time.monotonic()
    look = StreamResult(
        request.layer, request.unit, True, 66, 40,
        tuple(StreamFrame(9.0 - n, (n, n), now - 10 * n, n, jpeg(20 * n)) for n in range(kept)),
        present, absent, ranking, problem,
    )  # fmt: skip
    plain = snapshot(session.info, request, session.source.spec, session.ticks)
    stream = look if request.observe.gather else None
    session.snapshots.put(replace(plain, observations=Observations(stream=stream)))
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: shown.controller.last.frame.index == session.ticks)


@pytest.fixture
def gathering(shown):
    shown.window.commands["stream"].trigger()
    shown.window.commands["gather"].trigger()
    shown.qtbot.waitUntil(lambda: shown.controller.view_state.request.observe.gather is not None)
    return shown


def test_the_frames_shown_are_those_of_the_selected_unit(gathering):
    pane, controller = gathering.window.pages["stream"], gathering.controller
    assert controller.view_state.request.observe.gather.layers == ("stem.act", "stem.conv")
    assert pane.switch.isChecked()
    answer(gathering)
    assert [one.value for one in pane.stills.kept] == [9.0 - n for n in range(9)]
    assert pane.head.text() == "Strongest frames of unit 0"
    assert not pane.grab().isNull()
    before = controller.view_state.request
    controller.go_unit(3)
    answer(gathering, before)  # an answer that comes too late
    assert pane.stills.kept == ()
    answer(gathering, kept=2)
    assert len(pane.stills.kept) == 2
    gathering.window.commands["gather"].trigger()
    gathering.qtbot.waitUntil(lambda: controller.view_state.request.observe.gather is None)
    assert pane.stills.kept == ()


def test_a_key_that_is_held_asks_which_units_see_it_and_another_goes_there(shown):
    window, controller, qtbot = shown.window, shown.controller, shown.qtbot
    pane = window.pages["stream"]
    qtbot.keyPress(window.grid, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: controller.view_state.request.observe.gather is not None)
    assert controller.view_state.request.observe.gather.present
    assert window.right.page == "stream"
    answer(shown, present=5)
    assert pane.note.text() == "In view: 5 frames. Let go when it is gone."
    qtbot.keyRelease(window.grid, Qt.Key.Key_Period)
    qtbot.waitUntil(lambda: not controller.view_state.request.observe.gather.present)
    assert controller.view_state.request.observe.gather.question == 1
    answer(shown, present=5, absent=4)
    assert pane.note.text() == "Without it: 4 of 10 frames needed."
    units = (("body.conv", 7, 0.99), ("stem.act", 2, 0.9))
    answer(shown, present=5, ranking=UnitRanking(1, 5, 20, units))
    assert [(one.layer, one.unit, one.value) for one in pane.best.entries] == list(units)
    wide = pane.best.fontMetrics().horizontalAdvance
    assert pane.best.name_room >= wide("blocks.3.0.bn1.act : 102")  # in the usual column
    for layer, unit, _ in (*units, units[0]):
        window.commands["next_seeing"].trigger()
        assert (controller.view_state.request.layer, controller.view_state.request.unit) == (
            layer,
            unit,
        )
    pane.holding.pressed.emit()  # the next question: the last answer goes
    qtbot.waitUntil(lambda: controller.view_state.request.observe.gather.present)
    answer(shown, present=1, ranking=UnitRanking(1, 5, 20, units))
    assert pane.best.entries == ()
    pane.holding.released.emit()
    qtbot.waitUntil(lambda: controller.view_state.request.observe.gather.question == 2)
    answer(shown, present=1)
    assert pane.note.text() == "Held for too few frames (1); hold it longer."


def test_the_button_that_is_held_stays_under_the_pointer_and_is_let_go_wherever_that_is(shown):
    window, controller, qtbot = shown.window, shown.controller, shown.qtbot
    window.commands["stream"].trigger()
    button, left = window.pages["stream"].holding, Qt.MouseButton.LeftButton
    qtbot.waitUntil(button.isVisible)
    for outside in (False, True):
        before = button.mapTo(window, QPoint(0, 0))
        qtbot.mousePress(button, left)
        qtbot.waitUntil(
            lambda: (
                bool(controller.view_state.request.observe.gather)
                and controller.view_state.request.observe.gather.present
            )
        )
        answer(shown, present=5)
        assert button.mapTo(window, QPoint(0, 0)) == before  # whatever came meanwhile
        qtbot.mouseRelease(
            button, left, pos=QPoint(-40, -90) if outside else button.rect().center()
        )
        qtbot.waitUntil(lambda: not controller.view_state.request.observe.gather.present)


def test_what_could_not_be_kept_is_told(gathering):
    answer(gathering, problem="cannot keep what was gathered: disk full; make room")
    assert "make room" in gathering.window.pages["stream"].about.text()


def test_another_model_is_gathered_from_its_beginning(gathering):
    controller = gathering.controller
    other = model_info("other", model_info().layers[1:])
    gathering.session.loaded(other)
    gathering.qtbot.waitUntil(
        lambda: (
            controller.view_state.info is other
            and controller.view_state.request.observe.gather is not None
            and "stem.conv" not in controller.view_state.request.observe.gather.layers
        )
    )
