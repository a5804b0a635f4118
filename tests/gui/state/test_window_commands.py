"""Everything by key, no key twice, and the help knows them all."""

from __future__ import annotations

from collections import Counter

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel

from nnvis.gui.state.commands import GROUPS, keys_text
from nnvis.gui.window.commands import COMMANDS
from nnvis.gui.window.pages import PAGES


def test_no_key_is_bound_twice():
    commands = [*COMMANDS, *(one for page in PAGES.values() for one in page.commands)]
    keys = Counter(QKeySequence(key).toString() for one in commands for key in one.keys)
    assert "" not in keys
    assert [key for key, count in keys.items() if count > 1] == []
    assert {one.group for one in commands} == set(GROUPS)


def test_every_action_does_something_and_is_in_the_menu(shown):
    window = shown.window
    for page in PAGES:
        window.pages.build(page)  # some are tied with their page, which a first press builds
    for command in window.commands.commands:
        assert window.commands.tied(command.name), command.name
    for action in window.commands:
        assert len(action.associatedObjects()) > 1, action.objectName()


def test_help_shows_every_key_and_closes_by_key(shown):
    window, qtbot = shown.window, shown.qtbot
    qtbot.keyClick(window.grid, "h")
    assert window.help.isVisible()
    said = {label.text() for label in window.help.findChildren(QLabel)}
    for command in window.commands.commands:
        for key in keys_text(command):
            assert key in said, command.name
    qtbot.keyClick(window.grid, "h")
    assert not window.help.isVisible()


def test_letters_go_into_the_filter_while_it_has_the_focus(shown):
    window, qtbot = shown.window, shown.qtbot
    qtbot.keyClick(window.grid, "/")
    qtbot.waitUntil(window.film.filter.hasFocus)
    qtbot.keyClicks(window.film.filter, "head")
    assert window.film.filter.text() == "head"
    assert shown.controller.view_state.request.layer == "stem.conv"
    assert window.film.list.model().rowCount() == 1


def test_one_that_fails_keeps_no_other_from_what_a_command_does(shown, qtbot):
    commands, done = shown.window.commands, []
    commands.on("freeze", lambda _on: 1 / 0)
    commands.on("freeze", lambda _on: done.append(1))
    with qtbot.captureExceptions() as told:
        commands["freeze"].trigger()
    assert done == [1]
    assert [one[0] for one in told] == [ZeroDivisionError]
