"""Every page in every state of the program: nothing is raised, nothing is told wrongly."""

from __future__ import annotations

import logging
import sys

import pytest
from PySide6.QtWidgets import QTabBar, QWidget

from nnvis.gui.widgets.choice import ChoiceRow
from nnvis.gui.window.app import Program
from nnvis.models.info import ModelRequest

TINY = ModelRequest("tiny", device="cpu")
OTHER = """
import threading
from torch import nn
go_on = threading.Event()

class Other(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 7, 3))
        self.head = nn.Linear(7, 3)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))

def slowly():
    go_on.wait(60)
    return Other()

def at_once():
    return Other()
"""
WORKSPACES = {"fool": "attack", "labs": "labs", "errors": "errors", "twins": "twins"}


class Walk:
    """A program, and everything that it told while its pages were walked through."""

    def __init__(self, qtbot) -> None:
        self.program = program = Program()
        self.window, self.controller = program.window, program.controller
        self.qtbot = qtbot
        self.told: list[str] = []
        self.controller.failed.connect(lambda text, _details: self.told.append(text))
        self.window.resize(1280, 800)
        self.window.show()

    def pages(self) -> None:
        """Turn to every page and to every choice on it, and draw them."""
        for name in self.window.right.tabs.buttons:
            self.window.right.turn_to(name)
            self._draw(self.window.right.stack.currentWidget())
        for name, workspace in WORKSPACES.items():
            command = self.window.commands[name]
            command.trigger()
            self._draw(getattr(self.window, workspace))
            if command.isChecked():
                command.trigger()
        self.window.right.turn_to("unit")
        self.qtbot.wait(50)

    def _draw(self, page: QWidget) -> None:
        page.grab()
        for tabs in page.findChildren(QTabBar):
            for at in range(tabs.count()):
                if tabs.isVisible() and tabs.isTabVisible(at):
                    tabs.setCurrentIndex(at)
                    page.grab()
        for choice in page.findChildren(ChoiceRow):
            before = [button for button in choice.buttons.values() if button.isChecked()]
            for button in [*choice.buttons.values(), *before]:
                if button.isVisible() and button.isEnabled():
                    button.click()
                    self.qtbot.wait(1)  # in which what is in sight is drawn

    def wait_shown(self) -> None:
        self.qtbot.waitUntil(lambda: self.controller.shown is not None, timeout=60_000)

    def load(self, model_request: ModelRequest) -> None:
        self.controller.run_model(model_request)
        self.qtbot.waitUntil(
            lambda: (
                self.controller.view_state.info is not None
                and self.controller.view_state.info.model_request == model_request
            ),
            timeout=60_000,
        )


@pytest.mark.slow
@pytest.mark.qt_log_ignore("propagateSizeHints")  # which the platform of the tests has not
def test_every_page_in_every_state(qtbot, dressed, tmp_path, caplog):
    (tmp_path / "other.py").write_text(OTHER)
    slowly, at_once = (
        ModelRequest(f"{tmp_path}/other.py:{name}", device="cpu", input_size=(24, 24))
        for name in ("slowly", "at_once")
    )
    walk = Walk(qtbot)
    qtbot.addWidget(walk.window)
    controller, commands = walk.controller, walk.window.commands
    with caplog.at_level(logging.ERROR):
        walk.pages()  # no model and no picture

        controller.run_model(slowly)
        qtbot.wait(50)
        walk.pages()  # while one is loaded
        qtbot.waitUntil(lambda: "nnvis_user_other" in sys.modules, timeout=60_000)
        assert controller.view_state.info is None

        walk.program.bridge.model_failed(TINY, "this one cannot be had")
        qtbot.waitUntil(lambda: walk.told == ["this one cannot be had"])
        walk.pages()  # where one could not be had
        walk.told.clear()

        walk.load(TINY)
        walk.pages()  # a model and no picture

        controller.open_source("pattern:gratings")
        walk.wait_shown()
        for name in ("gather", "pin", "trigger", "back", "switch_off", "patterns"):
            commands[name].trigger()
        walk.pages()  # live, with everything on

        sys.modules["nnvis_user_other"].go_on.set()
        walk.load(at_once)
        walk.pages()  # another model under all this
        walk.wait_shown()
        walk.pages()

        controller.open_source("sample:coffee")
        qtbot.waitUntil(lambda: controller.view_state.source == "sample:coffee", timeout=60_000)
        walk.wait_shown()
        walk.pages()  # a picture that stands still

        commands["freeze"].trigger()
        walk.load(TINY)
        walk.pages()  # frozen, and under another model

        walk.window.close()
        walk.pages()  # closed
    assert walk.program.stuck == []
    assert walk.told == []
    assert [record.getMessage() for record in caplog.records] == []
