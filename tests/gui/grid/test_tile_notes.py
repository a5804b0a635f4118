"""Tiles bear what is known of their own unit, whatever the order."""

from __future__ import annotations

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
