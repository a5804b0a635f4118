"""Tiles bear what is known of their own unit, whatever the order."""

from __future__ import annotations

import threading

from nnvis.engine.unit_card.known_units import KnownLayer, KnownUnit
from nnvis.gui.grid import tile_notes
from nnvis.gui.grid.tile_note import TileNote


def test_tiles_bear_the_top_picture_and_the_folder_of_their_unit(shown, monkeypatch):
    window, controller, qtbot = shown.window, shown.controller, shown.qtbot
    asked = []

    def known(path, info, layer):
        asked.append((path.name, layer))
        units = controller.view_state.layer.units
        return KnownLayer(layer, {unit: KnownUnit(None, f"kind {unit}", 0.9, 9)
                                  for unit in range(units)})  # fmt: skip

    monkeypatch.setattr(tile_notes, "known_units", known)
    window.commands["tile_note"].trigger()  # the preferred picture
    window.commands["tile_note"].trigger()  # the top picture: no index is open
    assert "no index of top pictures is open" in window.banner.text.text()
    window.context.index_chosen.emit("some/where")
    window.shading.order.note_chosen.emit(TileNote.LABEL)
    qtbot.waitUntil(lambda: window.grid._notes[2].get(3) == "kind 3 90 %")
    controller.go("body.conv", 2)
    qtbot.waitUntil(lambda: window.grid._notes[0] == "body.conv")
    assert window.grid._notes[2][39] == "kind 39 90 %"
    assert asked[-1] == ("where", "body.conv")
    window.commands["tile_note"].trigger()
    assert window.grid._notes == ("", {}, {})


def test_what_another_index_said_is_never_shown(shown, monkeypatch):
    window, qtbot, late = shown.window, shown.qtbot, threading.Event()
    noted = []

    def known(path, _info, layer):
        if path.name == "late":
            late.wait(60)
        return KnownLayer(layer, {0: KnownUnit(None, path.name, 1.0, 9)})

    take = window.grid.set_notes
    monkeypatch.setattr(tile_notes, "known_units", known)
    monkeypatch.setattr(
        window.grid, "set_notes", lambda *told: (noted.append(told[2]), take(*told))
    )
    window.context.index_chosen.emit("first")
    window.shading.order.note_chosen.emit(TileNote.LABEL)
    qtbot.waitUntil(lambda: bool(noted[-1]))
    window.context.index_chosen.emit("late")
    assert noted[-1] == {}  # at once
    window.context.index_chosen.emit("last")
    late.set()
    qtbot.waitUntil(lambda: bool(noted[-1]))
    assert [one for one in noted if one] == [{0: "first 100 %"}, {0: "last 100 %"}]
