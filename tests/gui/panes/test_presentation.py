"""F11 shows the chosen panes in large words and nothing else; all comes back as it was."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication


def test_it_shows_the_chosen_panes_alone_and_esc_leaves_all_as_it_was(shown):
    window, controller, qtbot = shown.window, shown.controller, shown.qtbot
    controller.shade(replace(controller.view_state.request.shading, gamma=0.3, boost=0.5))
    window.commands["pane_layers"].trigger()
    asked, size = controller.view_state.request, window.font().pointSizeF()
    window.commands["present_input"].trigger()  # which it shows by default
    window.commands["present_pages"].trigger()
    qtbot.keyClick(window.grid, Qt.Key.Key_F11)
    assert window.isFullScreen()
    assert QApplication.font().pointSizeF() > 1.3 * size
    sight = {name: window.panes.in_sight(name) for name in window.panes.panes}
    assert sight == {"input": False, "layers": False, "grid": True, "pages": True}
    assert not window.toolbar.isVisible()
    assert not window.status.isVisible()
    qtbot.keyClick(window.grid, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert QApplication.font().pointSizeF() == size
    sight = {name: window.panes.in_sight(name) for name in window.panes.panes}
    assert sight == {"input": True, "layers": False, "grid": True, "pages": True}
    assert window.toolbar.isVisible()
    assert window.status.isVisible()
    now = controller.view_state.request
    assert now.shading == asked.shading
    assert (now.layer, now.unit) == (asked.layer, asked.unit)


def test_the_input_has_a_part_of_the_screen(shown):
    window = shown.window
    window.resize(1366, 768)
    pane = window.panes.sides["input"]
    window.panes.resizeDocks([pane], [190], Qt.Orientation.Horizontal)
    window.commands["presentation"].trigger()
    shown.qtbot.waitUntil(lambda: pane.width() >= 0.29 * window.width())
    window.commands["reset"].trigger()
    shown.qtbot.waitUntil(lambda: pane.width() < 0.25 * window.width())


def test_the_mark_of_a_recording_and_what_went_wrong_are_seen(shown):
    window = shown.window
    window.commands["presentation"].trigger()
    mark = window.recording.mark
    mark.tell(3.0, 0, "a movie")
    window.banner.tell("It went wrong", "")
    inside = window.centralWidget().rect()
    assert mark.isVisible()
    assert inside.contains(mark.geometry())
    assert mark.geometry().left() < 20
    shown.qtbot.waitUntil(lambda: window.banner.geometry().bottom() == inside.bottom())
    window.commands["reset"].trigger()
    shown.qtbot.waitUntil(lambda: mark.isVisible() and window.status.isAncestorOf(mark))


def test_esc_throws_no_setting_away(shown):
    window, controller = shown.window, shown.controller
    shading = replace(controller.view_state.request.shading, gamma=0.3, boost=0.5)
    controller.shade(shading)
    for _ in range(3):
        shown.qtbot.keyClick(window.grid, Qt.Key.Key_Escape)
    assert controller.view_state.request.shading == shading
    window.commands["plain_colours"].trigger()
    assert controller.view_state.request.shading.gamma == 1


def test_a_layout_is_kept_by_name_recalled_and_forgotten(shown):
    window = shown.window
    window.commands["pane_input"].trigger()
    window.layouts.keep("  for   a lesson ")
    window.commands["reset_layout"].trigger()
    assert window.input.isVisible()
    by_name = {one.text(): one for one in window.layouts.actions()}
    by_name["for a lesson"].trigger()
    assert not window.input.isVisible()
    window.layouts.forget("for a lesson")
    assert window.controller.settings.window["layouts"] == {}
    window.commands["reset_layout"].trigger()


def test_a_layout_that_is_recalled_while_fool_is_open_outlives_it(shown):
    window = shown.window
    window.commands["pane_layers"].trigger()
    window.layouts.keep("no layers")
    window.commands["reset_layout"].trigger()
    window.commands["fool"].trigger()
    assert window.film.isVisible()
    {one.text(): one for one in window.layouts.actions()}["no layers"].trigger()
    window.commands["fool"].trigger()
    assert not window.attack.isVisible()
    assert not window.film.isVisible()
