"""No key stands for two commands."""

from __future__ import annotations

from collections import Counter

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
