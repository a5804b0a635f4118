from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
from helpers.fake_session import FakeSession, model_info
from PySide6.QtCore import QEvent
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QListView, QWidget

from nnvis.config import Settings
from nnvis.gui.state.bridge import Bridge
from nnvis.gui.state.controller import Controller
from nnvis.gui.widgets import theme
from nnvis.gui.window.main_window import MainWindow
from nnvis.gui.window.wiring import Wiring


@pytest.fixture
def qtbot(qtbot, monkeypatch):
    """Wait generously: a machine at work on something else makes nothing wrong."""
    monkeypatch.setattr(qtbot, "waitUntil", partial(qtbot.waitUntil, timeout=60_000))
    return qtbot


@pytest.fixture(scope="session")
def qapp_cls():
    return QApplication


@pytest.fixture(autouse=True)
def application(qapp):
    """Widgets need one, with no window before them and no pointer over them that others left.

    Whatever is under the pointer has its events, not what a test names; and what styles or speaks
    to all widgets would take longer with every window that was left.
    """
    for kind in (MainWindow, QWidget):  # what is left once a window is gone goes, too
        for window in qapp.topLevelWidgets():
            window.hide()
            completing = isinstance(window, QListView)  # a completer would look for it at its end
            if isinstance(window, kind) and window.parent() is None and not completing:
                window.deleteLater()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCursor.setPos(5000, 5000)


@pytest.fixture
def dressed(qapp):
    """Look as at a first start, whatever the test before chose."""
    theme.dress(qapp)
    return qapp


@pytest.fixture
def shown(qtbot, dressed):
    """A window over a made-up session with a model, a source and its first picture."""
    bridge = Bridge()
    session = FakeSession(bridge)
    controller = Controller(session, bridge, Settings())  # type: ignore[arg-type]
    window = MainWindow(controller)
    Wiring(window)
    for owned in (bridge, controller):  # as in the program: they would keep all of the window
        window.destroyed.connect(owned.deleteLater)
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.show()
    session.opened("demo")
    session.loaded(model_info())
    qtbot.waitUntil(
        lambda: controller.view_state.info is not None and controller.view_state.source == "demo"
    )
    controller.go("stem.conv", 0)

    def look(count: int = 1) -> None:
        """Let the session answer what is wanted, and the window take it."""
        for _ in range(count):
            session.tick(controller.view_state.request)
            qtbot.waitUntil(
                lambda: controller.last is not None and controller.last.frame.index == session.ticks
            )

    look()
    return SimpleNamespace(
        bridge=bridge, session=session, controller=controller, window=window, look=look, qtbot=qtbot
    )
