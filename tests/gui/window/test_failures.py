"""A failure is one line in a banner; everything else goes on."""

from __future__ import annotations

from dataclasses import replace

from helpers.fake_session import model_info
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
    shown.bridge.model_failed(ModelRequest("timm/nonsense"), "timm has no model 'nonsense'", "spec")
    shown.qtbot.waitUntil(window.banner.isVisible)
    assert controller.view_state.info.name == "made-up"
    assert not window.status.task.isVisible()
    shown.look()
    assert controller.shown is not None
    window.banner.act.click()  # and can be mended in the form
    form = window.opening.form
    assert form.rows["spec"].text == "timm/nonsense"
    assert form.rows["spec"].error.text() == "timm has no model 'nonsense'"
    assert not window.banner.isVisible()


def test_a_message_goes_with_its_cause(shown):
    window, controller = shown.window, shown.controller
    shown.bridge.model_failed(ModelRequest("timm/big"), "the weights could not be downloaded")
    shown.bridge.source_failed("gone.png", "gone.png does not exist; check the name")
    shown.qtbot.waitUntil(lambda: "1 more" in window.banner.count.text())
    shown.session.loaded(model_info())
    shown.qtbot.waitUntil(lambda: window.banner.count.text() == "")
    assert window.banner.text.text() == "gone.png does not exist; check the name"
    controller.open_source("sample:coffee")
    shown.session.opened("sample:coffee")
    shown.qtbot.waitUntil(lambda: not window.banner.isVisible())


def test_what_came_instead_takes_no_message_back(shown):
    window, controller = shown.window, shown.controller
    shown.bridge.view_state = replace(controller.view_state, info=None)  # as at the first start
    shown.bridge.model_failed(ModelRequest("timm/big"), "the weights could not be downloaded")
    shown.qtbot.waitUntil(lambda: shown.session.asked[-1:] == [ModelRequest()])
    shown.session.loaded(replace(model_info(), model_request=ModelRequest()))
    shown.qtbot.waitUntil(lambda: controller.view_state.info is not None)
    assert window.banner.text.text() == "the weights could not be downloaded"


def test_an_exception_in_a_slot_is_told_and_the_window_lives(shown):
    def boom() -> None:
        raise ValueError("a slip")

    with _crashes_told(shown.bridge.crash):
        QTimer.singleShot(0, boom)
        shown.qtbot.waitUntil(shown.window.banner.isVisible)
    assert "a slip" in shown.window.banner.text.text()
    assert "boom" in shown.window.banner.details.toPlainText()
    shown.look()


def test_a_message_and_the_welcome_lie_one_over_the_other(shown):
    window = shown.window
    window.hint.show()
    window.banner.tell("something went wrong " * 30)  # two lines high, and more at last
    assert window.banner.geometry().bottom() < window.hint.geometry().top()
    window.hint.hide()
    assert window.banner.geometry().bottom() < window.status.geometry().top()
    window.hint.show()
    assert window.banner.geometry().bottom() < window.hint.geometry().top()
