"""What is left of models, menus, dialogs and windows that went: nothing."""

from __future__ import annotations

import gc
import weakref

from helpers.monkey import Monkey
from PySide6 import __version_info__
from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from nnvis.gui.widgets.controls import offer
from nnvis.gui.window.app import Program
from nnvis.models.vision import VisionModel


def test_menus_that_are_offered_again_keep_nothing_and_survive_their_own_choice(qtbot):
    button = QToolButton()
    qtbot.addWidget(button)
    button.setMenu(QMenu(button))

    def show(chosen):
        offer(button, chosen, [(name, name == chosen, lambda name=name: show(name))
                               for name in ("a", "b", "c")])  # fmt: skip

    show("a")
    for _ in range(20):
        for name in ("b", "c", "a"):
            next(one for one in button.menu().actions() if one.text() == name).trigger()
    qtbot.wait(10)
    assert [one.isChecked() for one in button.menu().actions()] == [True, False, False]
    assert len(button.menu().findChildren(QActionGroup)) == 1
    assert len(button.menu().findChildren(QAction)) <= 4  # the menu's own among them


def test_a_window_that_was_closed_and_deleted_leaves_no_part_of_itself(qtbot, dressed, qapp):
    """What is connected to a part that nobody owns would keep it, where no collector looks."""
    windows, widgets = [], []
    for _ in range(3):  # the first one makes what all windows share
        program = Program(safe=True)
        program.window.close()
        windows.append(weakref.ref(program))
        program.window.deleteLater()
        del program
        for _ in range(2):  # what is deleted may have things deleted in turn
            qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        widgets.append(len(qapp.allWidgets()))
    assert [one() for one in windows[:-1]] == [None, None]
    if __version_info__ >= (6, 8):  # older ones keep the last one until the next is made
        assert windows[-1]() is None
    assert widgets[1] <= widgets[0]


def test_models_that_were_left_are_freed_with_their_last_use(qtbot, dressed, monkeypatch):
    made = []
    init = VisionModel.__init__

    def told(self, *given, **options):
        made.append(weakref.ref(self))
        init(self, *given, **options)

    monkeypatch.setattr(VisionModel, "__init__", told)
    gc.disable()  # a model in a cycle would stay until the collector comes
    try:
        monkey = Monkey(seed=3)
        qtbot.addWidget(monkey.window)
        for number in range(6):
            before = monkey.controller.view_state.info
            monkey.controller.run_model(monkey.models[(number + 1) % len(monkey.models)])
            monkey.wait(30, lambda before=before: monkey.controller.view_state.info is not before)
            monkey.wait(30, lambda: monkey.controller.shown is not None)
        qtbot.waitUntil(lambda: sum(one() is not None for one in made) <= 1, timeout=20_000)
    finally:
        gc.enable()
    assert len(made) >= 7
    assert monkey.close() == []
    assert monkey.wrong == []
