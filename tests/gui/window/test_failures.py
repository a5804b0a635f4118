"""A failure is one line in a banner; everything else goes on."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from nnvis.gui.window.app import _crashes_told
from nnvis.models.info import ModelRequest


def test_a_failed_source_is_told_once_and_the_old_one_stays(shown):
    window, controller = shown.window, shown.controller
    for _ in range(3):
        controller.open_source("gone.png")
        shown.bridge.source_failed("gone.png", "gone.png does not exist; check the name")
    shown.qtbot.waitUntil(lambda: "3 times" in window.banner.count.text())
    assert window.banner.text.text() == "gone.png does not exist; check the name"
    assert controller.view_state.source == "demo"
    shown.look()
    assert not window.scores._stale
    window.banner.close_button.click()
    assert not window.banner.isVisible()


def test_a_failed_model_leaves_the_old_one_and_its_layer(shown):
    window, controller = shown.window, shown.controller
    controller.load_model(ModelRequest("timm/nonsense"))
    shown.bridge.model_failed(ModelRequest("timm/nonsense"), "timm has no model 'nonsense'")
    shown.qtbot.waitUntil(window.banner.isVisible)
    assert controller.view_state.info.name == "made-up"
    assert not window.status.task.isVisible()
    shown.look()
    assert controller.shown is not None


def test_an_exception_in_a_slot_is_told_and_the_window_lives(shown):
    def boom() -> None:
        raise ValueError("a slip")

    with _crashes_told(shown.bridge.crash):
        QTimer.singleShot(0, boom)
        shown.qtbot.waitUntil(shown.window.banner.isVisible)
    assert "a slip" in shown.window.banner.text.text()
    assert "boom" in shown.window.banner.details.toPlainText()
    shown.look()
