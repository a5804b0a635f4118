"""Choices come back at the next start."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.fake_session import FakeSession
from PySide6.QtCore import Qt

from nnvis.config import Settings, load_settings, save_settings
from nnvis.engine.protocol.request import Half, Request
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.controller import Controller
from nnvis.gui.window.layout import keep_layout, kept_request, recall_layout, reset_layout
from nnvis.gui.window.main_window import MainWindow
from nnvis.gui.window.wiring import Wiring
from nnvis.imaging.colour_options import Range
from nnvis.models.info import ModelRequest
from nnvis.structure import structure


def test_the_window_comes_back_as_it_was_left(shown, qtbot):
    window, controller = shown.window, shown.controller
    window.resize(1280, 800)
    window.panes.resizeDocks([window.panes.sides["pages"]], [400], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: window.right.width() > 390)
    window.commands["pane_input"].trigger()
    window.commands["mirror"].trigger()
    controller.shade(replace(controller.view_state.request.shading, gamma=0.3))
    controller.set_half(Half.BFLOAT16)
    controller.go("body.conv", 21)
    qtbot.waitUntil(lambda: window.right.width() > 390)
    wide = window.right.width()
    keep_layout(window, controller.settings)
    save_settings(controller.settings)

    settings = load_settings()
    assert (settings.source, settings.layer, settings.unit) == ("demo", "body.conv", 21)
    assert settings.window["shading"]["gamma"] == 0.3
    assert structure(Request, settings.window).half is Half.BFLOAT16
    assert kept_request(settings) == ModelRequest("made-up")
    del settings.window["geometry"]  # Qt trims it to the screen, which is small here
    bridge = Bridge()
    again = MainWindow(Controller(FakeSession(bridge), bridge, settings))  # type: ignore[arg-type]
    Wiring(again)
    recall_layout(again, settings)
    qtbot.addWidget(again)
    again.show()
    again.resize(1280, 800)
    qtbot.wait(20)
    assert not again.input.isVisible()
    assert again.right.width() == pytest.approx(wide, abs=4)
    assert again.commands["mirror"].isChecked()


def test_the_first_window_and_a_reset_one_fit_on_a_small_screen(shown):
    window = shown.window
    room = window.screen().availableSize()
    assert room.height() <= 800  # or the promise would not be put to the test
    for lay_out in (lambda: recall_layout(window, Settings()), lambda: reset_layout(window)):
        window.resize(1280, 800)
        lay_out()
        assert window.minimumHeight() <= window.height() < room.height()


def test_the_tabs_leave_the_grid_most_of_the_room_and_can_all_be_read(shown):
    window = shown.window
    window.resize(1280, 800)
    window.arrangement.reset()
    assert window.grid.width() > 2 * window.right.width()
    for tab in window.right.tabs.buttons.values():
        assert tab.width() >= tab.fontMetrics().horizontalAdvance(tab.text())


def test_damaged_choices_are_ignored(qtbot, dressed):
    odd = {"version": 1, "geometry": "%%%", "panes": ["a"], "request": [], "shading": 3}
    settings = Settings(window=odd)
    bridge = Bridge()
    window = MainWindow(Controller(FakeSession(bridge), bridge, settings))  # type: ignore[arg-type]
    recall_layout(window, settings)
    qtbot.addWidget(window)
    assert kept_request(settings) == ModelRequest()


def test_a_fixed_range_begins_with_what_is_shown_and_can_be_typed(shown):
    window, controller, qtbot = shown.window, shown.controller, shown.qtbot
    controller.shade(replace(controller.view_state.request.shading, range=Range.UNIT))
    shown.look()
    window.commands["range"].trigger()
    window.commands["range"].trigger()
    shading, top = controller.view_state.request.shading, controller.last.sheet.high
    assert (shading.range, shading.low, shading.high) == (Range.FIXED, 0.0, top)
    box = window.shading._high
    box.selectAll()
    qtbot.keyClicks(box, "2.5\r")
    assert controller.view_state.request.shading.high == 2.5
    box.selectAll()
    qtbot.keyClicks(box, "-3\r")  # below the lowest: taken back
    assert controller.view_state.request.shading.high == 2.5
    assert box.text() == "2.5"
