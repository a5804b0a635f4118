"""Pins: made, kept, followed; and what a trigger sets off, once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.fake_session import LAYERS, model_info, snapshot

from nnvis.engine.protocol.observations import PinReading
from nnvis.engine.protocol.observe import MOST_PINS, Pin, Trigger
from nnvis.engine.protocol.snapshot import Observations, TriggerEvent

PIN = Pin("stem.conv", 0)


def answer(shown, value=2.0, frames=40, fired=()):
    session, request = shown.session, shown.controller.view_state.request
    session.ticks += 1
    plain = snapshot(session.info, request, session.source.spec, session.ticks)
    looks = tuple(
        PinReading(one, value, 1.0, 1.5, 0.25, frames, frames > 30) for one in request.observe.pins
    )
    made = replace(
        plain,
        observations=Observations(
            pins=looks,
            fired=tuple(TriggerEvent(why, do, plain, last) for why, do, last in fired),
        ),
    )
    session.snapshots.put(made)
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: shown.controller.last.frame.index == session.ticks)
    return plain


@pytest.fixture
def pinned(shown):
    shown.window.commands["pins"].trigger()
    shown.window.commands["pin"].trigger()
    return shown


def test_a_key_pins_the_unit_and_it_is_followed_whatever_is_selected(pinned):
    controller, pane = pinned.controller, pinned.window.pages["pins"]
    assert controller.view_state.request.observe.pins == (PIN,)
    controller.go("head", 3)
    answer(pinned)
    row = pane.rows[PIN]
    assert row.name.text() == "stem.conv : 0"
    assert row.value.text() == "2.00"
    assert row.usual.text() == "usually 1.50 ± 0.250"
    controller.shade(controller.view_state.request.shading)
    controller.set_overlay(0.1)  # what is shown is told again
    assert len(row.trace.points) == 1
    pinned.window.commands["pin"].trigger()
    assert [one.name.text() for one in pane.rows.values()][1] == "head : 3  label 3"
    row.name.clicked.emit()
    assert (controller.view_state.request.layer, controller.view_state.request.unit) == (
        "stem.conv",
        0,
    )
    pane.grab()
    pinned.window.commands["pin"].trigger()
    assert controller.view_state.request.observe.pins == (Pin("head", 3),)
    for unit in range(12):
        controller.go("stem.act", unit)
        pinned.window.commands["pin"].trigger()
    assert len(controller.view_state.request.observe.pins) == MOST_PINS


def test_another_source_begins_the_trace_anew(pinned):
    answer(pinned)
    row = pinned.window.pages["pins"].rows[PIN]
    pinned.session.opened("sample:chelsea")
    pinned.qtbot.waitUntil(lambda: pinned.controller.view_state.source == "sample:chelsea")
    assert row.value.text() == "…"
    assert row.trace.points == []


def test_pins_are_kept_with_their_model_and_the_trigger_too(pinned):
    controller, session = pinned.controller, pinned.session
    pinned.controller.set_trigger(Trigger(sigmas=3.5, top=True))
    assert controller.settings.window["pins"] == {"made-up": [["stem.conv", 0]]}
    assert controller.settings.window["trigger"]["sigmas"] == 3.5
    session.loaded(model_info("other", LAYERS[2:]))
    pinned.qtbot.waitUntil(lambda: controller.view_state.info.name == "other")
    assert controller.view_state.request.observe.pins == ()
    assert pinned.window.pages["pins"].rows == {}
    controller.settings.window["pins"]["made-up"].append(["gone", 4])
    session.loaded(model_info())
    pinned.qtbot.waitUntil(lambda: controller.view_state.info.name == "made-up")
    assert controller.view_state.request.observe.pins == (PIN,)


def test_a_trigger_freezes_the_very_picture_that_set_it_off_once(pinned):
    controller, window = pinned.controller, pinned.window
    window.pages["pins"].action.buttons["freeze"].click()
    assert controller.view_state.request.observe.trigger == Trigger()
    window.pages["pins"].sigmas.setText("3")
    window.pages["pins"].sigmas.editingFinished.emit()
    assert controller.view_state.request.observe.trigger.sigmas == 3
    shot = answer(pinned, fired=[("stem.conv unit 0 is high", "freeze", False)])
    assert pinned.session.frozen
    assert window.commands["freeze"].isChecked()
    assert window.toast.text.toolTip() == "Frozen: stem.conv unit 0 is high"
    controller.freeze(False)
    controller.set_overlay(0.1)
    assert not pinned.session.frozen
    assert [one for one in pinned.session.asked if one is shot.frame] == [shot.frame]
    window.pages["pins"].switch()
    assert controller.view_state.request.observe.trigger is None
    assert not window.commands["trigger"].isChecked()


def test_a_trigger_saves_the_look_that_set_it_off_and_says_why(pinned, tmp_path):
    window = pinned.window
    told = []
    window.banner.tell = lambda text, _details="": told.append(text)
    answer(pinned, fired=[("the top class is cup now", "save", False)])
    assert "no folder" in told[0]
    pinned.controller.settings.snapshot_folder = str(tmp_path)
    answer(pinned, fired=[("the top class is cup now", "save", True)])
    assert tmp_path / "stem.conv.png" in pinned.session.asked
    text = "Saved: the top class is cup now, and rests now"
    pinned.qtbot.waitUntil(lambda: window.toast.text.toolTip() == text)
