"""A picture that does not answer what is wanted is never shown as if it did."""

from __future__ import annotations

from dataclasses import replace

from helpers.fake_session import LAYERS, model_info, snapshot

from nnvis.gui.grid.grid_paint import tile_on_screen


def middle_of(window, unit):
    grid = window.controller.last.sheet.grid
    return tile_on_screen(window.grid.view, grid, unit).center()


def numbers(window):
    return [label.text() for label in window.pages["unit"].numbers.values()]


def test_another_unit_has_no_numbers_until_its_own_come(shown):
    window, controller = shown.window, shown.controller
    assert "…" not in numbers(window)
    controller.go_unit(7)
    assert numbers(window) == ["…"] * 3
    assert window.pages["unit"].title.text() == "Unit 7"
    assert controller.shown is None
    shown.session.tick(replace(controller.view_state.request, unit=0))  # was under way
    shown.qtbot.waitUntil(lambda: controller.last.frame.index == shown.session.ticks)
    assert numbers(window) == ["…"] * 3
    shown.look()
    assert "…" not in numbers(window)
    assert controller.shown is controller.last


def test_another_layer_veils_the_grid_but_not_the_input(shown):
    window, controller = shown.window, shown.controller
    late = controller.view_state.request
    controller.go_layer("body.conv")
    shown.session.tick(late)
    shown.qtbot.waitUntil(lambda: controller.last.frame.index == shown.session.ticks)
    match = controller.view_state.match(controller.last)
    assert (match.picture, match.layer, match.unit) == (True, False, False)
    assert window.grid.unit_at(middle_of(window, 3)) is None
    assert window.shading.legend._ends == ("…", "…")
    assert not window.scores._stale
    shown.look()
    assert window.grid.unit_at(middle_of(window, 3)) == 3


def test_nothing_is_shown_of_a_source_that_was_left(shown):
    controller, session = shown.controller, shown.session
    session.opened("sample:chelsea")
    shown.qtbot.waitUntil(lambda: controller.view_state.source == "sample:chelsea")
    assert not controller.view_state.match(controller.last).picture
    assert shown.window.scores._stale
    late = snapshot(session.info, controller.view_state.request, source="demo", index=999)
    session.snapshots.put(late)
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: controller.last is late)
    assert shown.window.scores._stale
    shown.look()
    assert not shown.window.scores._stale


def test_a_snapshot_that_overtakes_its_model_is_kept_for_it(shown):
    controller, session = shown.controller, shown.session
    other = model_info("other", LAYERS[:2])
    early = snapshot(other, controller.view_state.request, index=7)
    session.snapshots.put(early)
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: controller.last is early)
    assert not controller.view_state.match(early).picture
    session.loaded(other)
    shown.qtbot.waitUntil(lambda: controller.view_state.info is other)
    assert controller.view_state.match(early).unit
    assert controller.shown is early
    assert "…" not in numbers(shown.window)


def test_a_model_without_the_layer_goes_to_one_it_has(shown):
    controller, session = shown.controller, shown.session
    controller.go("body.conv", 39)
    other = model_info("other", LAYERS[:2])
    session.loaded(other)
    shown.qtbot.waitUntil(lambda: controller.view_state.info is other)
    assert controller.view_state.layer in other.layers
    assert controller.view_state.request.unit < controller.view_state.layer.units
    assert session.request == controller.view_state.request
