"""No key stands for two commands, and Tab leads to nothing that is covered."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from nnvis.gui.state.commands import CommandActions
from nnvis.gui.window.main_window import MainWindow


def test_no_two_commands_ask_for_one_key(shown, monkeypatch):
    asked = []
    add = CommandActions.add

    def heard(self, commands):
        commands = list(commands)
        asked.extend(key for one in commands for key in one.keys)
        add(self, commands)

    monkeypatch.setattr(CommandActions, "add", heard)
    window = MainWindow(shown.controller)
    shown.qtbot.addWidget(window)
    assert len(asked) > 50
    assert [key for key, count in Counter(asked).items() if count > 1] == []


def test_a_key_opens_the_menu_of_everything(shown):
    shown.window.commands["menu"].trigger()
    menu = shown.window.toolbar._all
    assert menu.isVisible()
    assert menu.activeAction() is menu.actions()[0]
    menu.close()


@pytest.mark.parametrize("name", ["help", "tour", "palette"])
def test_tab_stays_within_what_lies_over_the_window_until_that_is_closed(shown, name):
    window, commands = shown.window, shown.window.commands
    over = {"help": window.help, "tour": window.tour.card, "palette": window.finder}[name]
    window.activateWindow()
    window.film.filter.setFocus()
    shown.qtbot.waitUntil(window.film.filter.hasFocus)
    commands[name].trigger()
    shown.qtbot.waitUntil(lambda: over.isAncestorOf(QApplication.focusWidget()))
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
        reached = set()
        for _ in range(8):
            shown.qtbot.keyClick(QApplication.focusWidget(), key)
            assert over.isVisible()
            assert over.isAncestorOf(QApplication.focusWidget())
            reached.add(QApplication.focusWidget())
        assert len(reached) == {"help": 2, "tour": 2, "palette": 1}[name]  # "Back" is off at first
    shown.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    shown.qtbot.waitUntil(lambda: not over.isVisible())
    shown.qtbot.waitUntil(window.film.filter.hasFocus)  # which had the keys before
