"""The list of layers: hundreds of rows, each thumbnail of now or visibly not."""

from __future__ import annotations

from dataclasses import replace

from helpers.fake_session import LAYERS, layer, model_info, snapshot
from PySide6.QtCore import Qt

from nnvis.engine.protocol.request import PaneLayout
from nnvis.sources.frame import Frame


def test_rows_on_the_screen_are_told_and_only_those(shown):
    layers = tuple(layer(f"block{index}", 8, 4) for index in range(300))
    other = model_info("long", layers)
    shown.session.loaded(other)
    shown.qtbot.waitUntil(
        lambda: "block" in "".join(shown.controller.view_state.request.layout.visible)
    )
    visible = shown.controller.view_state.request.layout.visible
    assert 5 < len(visible) < 40
    shown.controller.go_layer("block290")
    shown.qtbot.waitUntil(lambda: "block290" in shown.controller.view_state.request.layout.visible)
    assert len(shown.controller.view_state.request.layout.visible) < 40
    assert shown.session.request == shown.controller.view_state.request


def test_a_thumbnail_grows_old_and_goes_with_its_source(shown):
    film = shown.window.film
    request = replace(
        shown.controller.view_state.request, layout=PaneLayout(visible=("stem.conv", "head"))
    )
    look = snapshot(shown.controller.view_state.info, request)
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
    assert shown.controller.view_state.request.layer == LAYERS[1].name
    qtbot.keyClick(shown.window.grid, "o")
    assert shown.controller.view_state.request.layer == LAYERS[2].name
    assert film.list.currentIndex().data() == LAYERS[2].name


def test_the_selected_layer_stays_in_sight_where_the_rows_grow_and_shrink(shown):
    film = shown.window.film
    layers = tuple(layer(f"block{index}", 8, 4) for index in range(300))
    shown.session.loaded(model_info("long", layers))
    shown.qtbot.waitUntil(lambda: film.layers.rowCount() == 300)
    film.setParent(None)
    shown.qtbot.addWidget(film)
    film.show()
    film.resize(240, 200)
    shown.controller.go_layer("block150")

    def seen() -> bool:
        row = film.list.visualRect(film.list.currentIndex())
        return bool(film.list.viewport().rect().contains(row))

    shown.qtbot.waitUntil(seen)
    film.resize(180, 700)
    shown.qtbot.waitUntil(seen)
    film.resize(240, 200)
    shown.qtbot.waitUntil(seen)


def test_the_selected_layer_is_in_sight_when_the_filter_goes(shown):
    film = shown.window.film
    layers = tuple(layer(f"block{index}", 8, 4) for index in range(300))
    shown.session.loaded(model_info("long", layers))
    shown.qtbot.waitUntil(lambda: film.layers.rowCount() == 300)
    shown.controller.go_layer("block150")
    film.filter.setText("block29")
    assert not film.list.selectedIndexes()
    shown.controller.go_layer("block294")
    film.filter.clear()
    chosen = film.list.selectedIndexes()
    assert [one.data() for one in chosen] == ["block294"]
    assert film.list.viewport().rect().contains(film.list.visualRect(chosen[0]))
    film.filter.setText("block1")
    film.filter.clear()
    chosen = film.list.selectedIndexes()
    assert [one.data() for one in chosen] == ["block294"]
    assert film.list.viewport().rect().contains(film.list.visualRect(chosen[0]))


def test_keys_lead_from_the_filter_into_its_matches(shown):
    film, controller = shown.window.film, shown.controller
    layers = tuple(layer(f"block{index}", 8, 4) for index in range(30))
    shown.session.loaded(model_info("long", layers))
    shown.qtbot.waitUntil(lambda: film.layers.rowCount() == 30)
    shown.window.activateWindow()

    def chosen():
        return controller.view_state.request.layer

    unit = controller.view_state.request.unit
    shown.window.commands["find_layer"].trigger()
    film.filter.setText("block2")
    for key, at in ((Qt.Key.Key_Down, "block2"), (Qt.Key.Key_Down, "block20")):
        shown.qtbot.keyClick(film.filter, key)
        assert chosen() == at
    assert controller.view_state.request.unit == unit
    film.filter.setText("block12")
    shown.qtbot.keyClick(film.filter, Qt.Key.Key_Return)
    assert chosen() == "block12"
    shown.qtbot.waitUntil(film.list.hasFocus)
