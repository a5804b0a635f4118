"""What a person chose goes back step by step, and forth again."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from helpers.fake_session import FakeSession, model_info

from nnvis.config import Settings
from nnvis.engine.protocol.observe import Pin
from nnvis.engine.protocol.request import AttackRequest, Request
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.history import MOST, WORDS, History, chosen_part
from nnvis.views.request import Ablation, AttributionRequest


@pytest.fixture
def steps(qtbot):
    """A controller with a model, a history and its clock; each call is a second later."""
    bridge = Bridge()
    session = FakeSession(bridge)
    controller = Controller(session, bridge, Settings())  # type: ignore[arg-type]
    now = [0.0]
    history = History(controller, lambda: now[0])
    session.opened("demo")
    session.loaded(model_info())
    qtbot.waitUntil(lambda: controller.view_state.info is not None)

    def then(seconds=1.0):
        now[0] += seconds
        return controller

    return controller, history, then


def test_an_order_of_the_units_goes_back_to_the_very_tiles_before(steps):
    controller, history, then = steps
    then().order_units("activation")
    first = controller.view_state.request.order
    then().order_units("activation")
    then().show_most(24)
    assert history.undoes == "order of the units"
    history.undo()
    history.undo()
    assert controller.view_state.request.order == first  # by which the engine holds them
    history.redo()
    history.redo()
    assert controller.view_state.request.order.most == 24


def test_every_part_of_a_request_has_a_word():
    assert set(WORDS) == {one.name for one in fields(Request)}


def test_every_kind_of_choice_goes_back_and_forth(steps):
    controller, history, then = steps
    shading = replace(controller.view_state.request.shading, gamma=0.5)
    seen = [chosen_part(controller.view_state.request)]
    for choose in (
        lambda: then().go("body.conv", 7),
        lambda: then().shade(shading),
        lambda: then().set_attribution(AttributionRequest("gradcam")),
        lambda: then().set_attack(AttackRequest()),
        lambda: then().set_ablations((Ablation("stem.conv", 3),)),
        lambda: then().set_pins((Pin("stem.conv", 1),)),
        lambda: then().set_overlay(0.2),
    ):
        choose()
        seen.append(chosen_part(controller.view_state.request))
    assert len(set(map(repr, seen))) == len(seen)
    for asked in reversed(seen[:-1]):
        history.undo()
        assert chosen_part(controller.view_state.request) == asked
    assert history.undoes == ""
    for asked in seen[1:]:
        history.redo()
        assert chosen_part(controller.view_state.request) == asked
    assert history.redoes == ""


def test_the_drag_of_a_slider_is_one_step_and_a_new_choice_ends_what_could_come_again(steps):
    controller, history, then = steps
    before = controller.view_state.request.layout.overlay
    then()
    for part in range(10):
        then(0.05).set_overlay(part / 10)
    history.undo()
    assert controller.view_state.request.layout.overlay == before
    assert history.redoes
    then().go_unit(5)
    assert not history.redoes
    assert history.undoes == "selection"


def test_what_is_only_in_sight_is_no_choice_and_stays(steps):
    controller, history, then = steps
    then().go_unit(3)
    then().set_visible(("stem.conv",))
    then().set_aspect(2.0)
    history.undo()
    assert not history.undoes
    request = controller.view_state.request
    assert request.unit == 0
    assert (request.layout.visible, request.layout.aspect) == (("stem.conv",), 2.0)


def test_steps_are_bounded_and_those_of_another_network_are_forgotten(steps, qtbot):
    controller, history, then = steps
    for unit in range(MOST + 30):
        then().go("body.conv", unit % 40)
    for _ in range(MOST):
        assert history.undoes
        history.undo()
    assert not history.undoes
    info = model_info("another")
    controller.session.loaded(info)
    qtbot.waitUntil(lambda: controller.view_state.info is info)
    assert not history.redoes
