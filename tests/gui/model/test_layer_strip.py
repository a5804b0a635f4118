"""The list of layers: hundreds of rows, each thumbnail of now or visibly not."""

from __future__ import annotations

from dataclasses import replace

from helpers.fake_session import LAYERS, card, layer, snapshot
from PySide6.QtCore import Qt

from nnvis.sources.frame import Frame


def test_rows_on_the_screen_are_told_and_only_those(shown):
    layers = tuple(layer(f"block{index}", 8, 4) for index in range(300))
    other = card("long", layers)
    shown.session.loaded(other)
    shown.qtbot.waitUntil(lambda: "block" in "".join(shown.desk.wanted.selection.visible))
    visible = shown.desk.wanted.selection.visible
    assert 5 < len(visible) < 40
    shown.desk.go_layer("block290")
    shown.qtbot.waitUntil(lambda: "block290" in shown.desk.wanted.selection.visible)
    assert len(shown.desk.wanted.selection.visible) < 40
    assert shown.session.selection == shown.desk.wanted.selection


def test_a_thumbnail_grows_old_and_goes_with_its_source(shown):
    film = shown.window.film
    selection = replace(shown.desk.wanted.selection, visible=("stem.conv", "head"))
    look = snapshot(shown.desk.wanted.card, selection)
    rows = film.layers

    def at(seconds: float, source: str = "demo") -> Frame:
        return Frame(look.fed, int(seconds * 30), look.frame.time + seconds, source)

    rows.add_thumbnails(at(0), look.thumbnails)
    assert rows.is_fresh("head")
    rows.add_thumbnails(at(1), {})
    assert rows.is_fresh("head")
    rows.add_thumbnails(at(5), {})
    assert not rows.is_fresh("head")
    rows.add_thumbnails(at(5.5), look.thumbnails)
    rows.add_thumbnails(at(5.6, "camera:0"), {})
    assert not rows.is_fresh("head")


def test_the_arrow_keys_walk_in_the_list_and_choose(shown):
    film, qtbot = shown.window.film, shown.qtbot
    film.list.setFocus()
    qtbot.keyClick(film.list, Qt.Key.Key_Down)
    assert shown.desk.wanted.selection.layer == LAYERS[1].name
    qtbot.keyClick(shown.window.grid, "o")
    assert shown.desk.wanted.selection.layer == LAYERS[2].name
    assert film.list.currentIndex().data() == LAYERS[2].name
