"""A page of another package stands beside ours; one that fails is told of and left out."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest
from helpers.fake_session import FakeSession, model_info
from PySide6.QtWidgets import QLabel

from nnvis import plugins
from nnvis.config import Settings
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.page import Page
from nnvis.gui.window import pages
from nnvis.gui.window.main_window import MainWindow
from nnvis.gui.window.pages import PAGES
from nnvis.gui.window.wiring import Wiring


class Loudest(QLabel):
    """A whole page of another package: one file, and one line for its entry point."""

    def __init__(self, context):
        super().__init__()
        context.commands.on("shout", lambda: context.toast(f"{self.text()}!"))

    def show_snapshot(self, snapshot, match):
        if snapshot is not None and match.layer:
            self.setText(f"unit {snapshot.sheet.maxima.argmax()} is loudest")


def _broken(context):
    raise RuntimeError("no such device")


LOUDEST = Page(
    "loudest",
    "Loudest",
    "The unit with the highest value",
    f"{__name__}:Loudest",
    (Command("loudest", LENS, "Loudest unit", ("9", "S")), Command("shout", LENS, "Say it")),
)
BROKEN = Page(
    "broken", "Broken", "", f"{__name__}:_broken", (Command("broken", LENS, "Break", ("8",)),)
)


@pytest.fixture
def window(qtbot, dressed, monkeypatch):
    entries = [
        EntryPoint(name, f"{__name__}:{name}", "nnvis.pages")
        for name in ("LOUDEST", "BROKEN", "ABSENT")
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: entries)
    monkeypatch.setattr(plugins, "FAILURES", [])
    known = plugins.Registry("pages", Page, PAGES.values())
    monkeypatch.setattr(pages, "PAGES", known)
    bridge = Bridge()
    session = FakeSession(bridge)
    made = MainWindow(Controller(session, bridge, Settings()))
    Wiring(made)
    qtbot.addWidget(made)
    made.show()
    return SimpleNamespace(window=made, session=session)


def test_a_page_from_outside_has_its_tab_its_key_and_the_news(window, qtbot):
    session, window = window.session, window.window
    session.opened("demo")
    session.loaded(model_info())
    controller = window.controller
    qtbot.waitUntil(lambda: controller.view_state.info is not None)
    session.tick(controller.view_state.request)
    page = window.pages["loudest"]
    qtbot.waitUntil(lambda: page.text() == "unit 15 is loudest")
    assert window.right.tabs.buttons["loudest"].toolTip() == "The unit with the highest value (9)"
    qtbot.keyClick(window.grid, "9")
    assert window.right.page == "loudest"
    assert page.isVisible()
    window.commands["shout"].trigger()
    assert "loudest!" in window.toast.text.toolTip()
    assert [key.toString() for key in window.commands["loudest"].shortcuts()] == ["9"]  # S saves


def test_pages_that_cannot_be_had_are_told_of_and_left_out(window):
    window = window.window
    assert "broken" not in window.pages
    assert "broken" not in {one.name for one in window.commands.commands}
    told = [one.text for one in window.banner._messages]
    assert any("no such device" in line for line in told)
    assert any("ABSENT" in line for line in told)
    window.commands["pins"].trigger()
    assert window.right.page == "pins"
