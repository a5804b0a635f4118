"""A picture that does not answer what is wanted is never shown as if it did."""

from __future__ import annotations

from dataclasses import replace

from helpers.fake_session import LAYERS, card, snapshot

from nnvis.gui.grid.grid_paint import tile_on_screen


def middle_of(window, unit):
    grid = window.desk.last.sheet.grid
    return tile_on_screen(window.grid.view, grid, unit).center()


def numbers(window):
    return [label.text() for label in window.unit.numbers.values()]


def test_another_unit_has_no_numbers_until_its_own_come(shown):
    window, desk = shown.window, shown.desk
    assert "…" not in numbers(window)
    desk.go_unit(7)
    assert numbers(window) == ["…"] * 3
    assert window.unit.title.text() == "Unit 7"
    assert desk.shown is None
    shown.session.tick(replace(desk.wanted.selection, unit=0))  # was under way
    shown.qtbot.waitUntil(lambda: desk.last.frame.index == shown.session.ticks)
    assert numbers(window) == ["…"] * 3
    shown.look()
    assert "…" not in numbers(window)
    assert desk.shown is desk.last


def test_another_layer_veils_the_grid_but_not_the_input(shown):
    window, desk = shown.window, shown.desk
    late = desk.wanted.selection
    desk.go_layer("body.conv")
    shown.session.tick(late)
    shown.qtbot.waitUntil(lambda: desk.last.frame.index == shown.session.ticks)
    match = desk.wanted.match(desk.last)
    assert (match.picture, match.layer, match.unit) == (True, False, False)
    assert window.grid.unit_at(middle_of(window, 3)) is None
    assert window.shading.legend._ends == ("…", "…")
    assert not window.scores._stale
    shown.look()
    assert window.grid.unit_at(middle_of(window, 3)) == 3


def test_nothing_is_shown_of_a_source_that_was_left(shown):
    desk, session = shown.desk, shown.session
    session.opened("sample:chelsea")
    shown.qtbot.waitUntil(lambda: desk.wanted.source == "sample:chelsea")
    assert not desk.wanted.match(desk.last).picture
    assert shown.window.scores._stale
    late = snapshot(session.card, desk.wanted.selection, source="demo", index=999)
    session.snapshots.put(late)
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: desk.last is late)
    assert shown.window.scores._stale
    shown.look()
    assert not shown.window.scores._stale


def test_a_snapshot_that_overtakes_its_model_is_kept_for_it(shown):
    desk, session = shown.desk, shown.session
    other = card("other", LAYERS[:2])
    early = snapshot(other, desk.wanted.selection, index=7)
    session.snapshots.put(early)
    session.listener.snapshot_ready()
    shown.qtbot.waitUntil(lambda: desk.last is early)
    assert not desk.wanted.match(early).picture
    session.loaded(other)
    shown.qtbot.waitUntil(lambda: desk.wanted.card is other)
    assert desk.wanted.match(early).unit
    assert desk.shown is early
    assert "…" not in numbers(shown.window)


def test_a_model_without_the_layer_goes_to_one_it_has(shown):
    desk, session = shown.desk, shown.session
    desk.go("body.conv", 39)
    other = card("other", LAYERS[:2])
    session.loaded(other)
    shown.qtbot.waitUntil(lambda: desk.wanted.card is other)
    assert desk.wanted.layer in other.layers
    assert desk.wanted.selection.unit < desk.wanted.layer.units
    assert session.selection == desk.wanted.selection
