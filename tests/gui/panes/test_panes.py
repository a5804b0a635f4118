"""Panes are hidden, taken out and laid out again, and ask for nothing while they are hidden."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent

from nnvis.gui.lens.page import CHOICES
from nnvis.gui.panes.area import PaneShape, read_shape
from nnvis.gui.panes.arrangement import LEFT_WIDE


def share(window):
    grid = window.grid
    return grid.width() * grid.height() / (window.width() * window.height())


def settled(shown, size):
    shown.window.resize(*size)
    shown.qtbot.wait(20)


def test_the_grid_has_nearly_half_of_the_window_and_nearly_all_of_it_on_demand(shown):
    window = shown.window
    window.hint.show()  # as at the very first start
    settled(shown, (1280, 800))
    window.commands["reset_layout"].trigger()
    settled(shown, (1280, 800))
    assert share(window) >= 0.45
    window.commands["grid_alone"].trigger()
    shown.qtbot.waitUntil(lambda: share(window) >= 0.9)
    window.commands["grid_alone"].trigger()
    shown.qtbot.waitUntil(lambda: 0.45 <= share(window) < 0.6)
    assert window.toolbar.isVisible()


def pages_that_move_or_are_cut(shown):
    """Turn to every page, those of the lens as well; say which moves the tabs or has no room."""
    window = shown.window
    lens = window.pages["lens"]

    def place():
        tabs = [one.mapTo(window.panes, one.rect().topLeft()) for one in buttons]
        return tabs, window.panes.sides["pages"].width(), window.grid.width()

    buttons, found = window.right.tabs.buttons.values(), []
    before = place()
    for name in window.right.tabs.buttons:
        for topic in CHOICES if name == "lens" else [None]:
            window.right.turn_to(name)
            if topic is not None:
                lens.turn_to(topic)
            shown.qtbot.wait(10)
            page = window.right.stack.currentWidget()
            needed = page.minimumSizeHint().expandedTo(page.minimumSize()).width()
            if place() != before or needed > window.right.width():
                found.append((name, topic, before, place(), needed))
    window.right.turn_to("unit")
    return found


def test_the_tabs_stay_and_every_page_fits_whichever_is_in_sight(shown):
    window = shown.window
    window.setMinimumSize(1, 1)
    for size in ((1366, 768), (1280, 800), (683, 384)):
        settled(shown, size)
        window.commands["reset_layout"].trigger()
        settled(shown, size)
        assert pages_that_move_or_are_cut(shown) == []
    settled(shown, (1366, 768))
    window.panes.resizeDocks([window.panes.sides["pages"]], [420], Qt.Orientation.Horizontal)
    shown.qtbot.waitUntil(lambda: window.panes.sides["pages"].width() == 420)
    assert pages_that_move_or_are_cut(shown) == []
    kept = window.arrangement.shape()
    window.commands["reset_layout"].trigger()
    shown.qtbot.waitUntil(lambda: window.panes.sides["pages"].width() < 420)
    settled(shown, (1366, 768))
    window.arrangement.recall(kept)
    shown.qtbot.waitUntil(lambda: window.panes.sides["pages"].width() == 420)


def test_fool_leaves_the_pages_and_the_names_of_layers_their_room(shown):
    window, sides = shown.window, shown.window.panes.sides
    settled(shown, (1366, 768))
    window.commands["reset_layout"].trigger()
    settled(shown, (1366, 768))
    before = sides["pages"].width()
    window.commands["fool"].trigger()
    shown.qtbot.waitUntil(lambda: sides["layers"].width() == LEFT_WIDE)
    assert sides["pages"].width() == before
    window.commands["fool"].trigger()


def test_all_can_be_reached_in_the_least_of_windows_and_on_the_least_of_screens(shown):
    window = shown.window
    for size in ((900, 560), (683, 384)):  # the second one: 1366 x 768 at scale 2
        window.setMinimumSize(*size)
        settled(shown, size)
        assert (window.width(), window.height()) == size
        assert window.status.geometry().bottom() < window.centralWidget().height()
        room = window.room.viewport().size()
        needed = window.panes.minimumSizeHint()
        assert window.room.horizontalScrollBar().isVisible() == (needed.width() > room.width())
        assert window.room.verticalScrollBar().isVisible() == (needed.height() > room.height())
        for button in window.toolbar.findChildren(type(window.toolbar.source)):
            if button.isVisible():
                assert button.geometry().right() <= window.toolbar.width()


def test_a_hidden_pane_asks_for_nothing(shown):
    window, controller, qtbot = shown.window, shown.controller, shown.qtbot
    qtbot.waitUntil(lambda: controller.view_state.request.layout.visible != ())
    window.commands["pane_layers"].trigger()
    assert controller.view_state.request.layout.visible == ()
    assert not window.film.isVisible()
    window.commands["pane_layers"].trigger()
    qtbot.waitUntil(lambda: controller.view_state.request.layout.visible != ())

    for page, asked in (
        ("lens", lambda: controller.view_state.request.observe.lens),
        ("back", lambda: controller.view_state.request.attribution),
        ("features", lambda: controller.view_state.request.observe.colours),
    ):
        window.right.turn_to(page)
        qtbot.waitUntil(lambda asked=asked: asked() is not None)
        window.commands["pane_pages"].trigger()
        qtbot.waitUntil(lambda asked=asked: asked() is None)
        window.commands["pane_pages"].trigger()
        qtbot.waitUntil(lambda asked=asked: asked() is not None)


def test_the_grid_goes_on_in_a_window_of_its_own_and_comes_back_when_that_is_closed(shown):
    window, qtbot = shown.window, shown.qtbot
    painted = []
    window.grid.painted.connect(lambda snapshot, _at: painted.append(snapshot.frame.index))
    window.commands["out_grid"].trigger()
    own = window.grid.window()
    assert own is not window
    assert own.isVisible()
    assert "Grid" in own.windowTitle()
    assert window.commands["out_grid"].isChecked()
    shown.look()
    qtbot.waitUntil(lambda: painted[-1:] == [shown.session.ticks])
    qtbot.keyClick(window.grid, Qt.Key.Key_Right)  # keys work there too
    assert shown.controller.view_state.request.unit == 1
    close(own)
    assert window.grid.window() is window
    assert window.grid.isVisible()
    assert not window.commands["out_grid"].isChecked()


def test_a_side_pane_gets_a_window_with_a_frame_and_comes_back(shown):
    window = shown.window
    pane = window.panes.sides["input"]
    window.commands["out_input"].trigger()
    assert pane.isWindow()
    assert pane.windowType() == Qt.WindowType.Window
    assert window.input.isVisible()
    close(pane)
    assert not pane.isWindow()
    assert window.input.isVisible()


def test_a_layout_is_a_value_that_settings_can_hold(shown):
    window = shown.window
    settled(shown, (1280, 800))
    window.panes.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, window.panes.sides["layers"])
    window.commands["pane_input"].trigger()
    window.commands["out_grid"].trigger()
    kept = window.panes.shape()
    window.commands["reset_layout"].trigger()
    assert window.input.isVisible()
    assert window.grid.window() is window
    assert window.panes.reshape(kept)
    assert not window.input.isVisible()
    assert window.grid.window() is not window
    area = window.panes.dockWidgetArea(window.panes.sides["layers"])
    assert area == Qt.DockWidgetArea.RightDockWidgetArea
    flipped = PaneShape(kept.docks[:-8] + "AAAAAAA=", kept.check)
    for damaged in (flipped, PaneShape("%%%"), PaneShape("AAAA", 3), read_shape({"docks": 3})):
        assert not window.panes.reshape(damaged)
    assert not window.input.isVisible()
    window.commands["reset_layout"].trigger()


def close(window):
    """As the frame's own button does."""
    event = QCloseEvent()
    event.spontaneous = lambda: True
    window.closeEvent(event)


def test_a_pane_that_comes_and_goes_takes_of_the_grid_alone(shown):
    window, panes = shown.window, shown.window.panes
    settled(shown, (1280, 800))
    window.commands["reset_layout"].trigger()
    settled(shown, (1280, 800))
    before = {name: pane.width() for name, pane in panes.sides.items()}
    for names in (("pane_input", "pane_layers"), ("pane_pages",), ("out_grid",), ("out_pages",)):
        for name in names:
            window.commands[name].trigger()
        shown.qtbot.wait(20)
        here = {one.objectName(): one.width() for one in panes._docked()}
        assert here == {name: before[name] for name in here}, names
        for name in names:
            window.commands[name].trigger()
        shown.qtbot.waitUntil(
            lambda: {name: pane.width() for name, pane in panes.sides.items()} == before
        )


def test_fool_opens_where_the_list_of_layers_is_hidden(shown):
    window = shown.window
    window.panes.show_pane("layers", False)
    window.commands["fool"].trigger()
    shown.qtbot.wait(20)  # Qt warns, which no test overlooks, of a pane without a width
    assert window.attack.isVisible()
    assert window.panes.sides["input"].width() > 300
