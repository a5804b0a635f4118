"""Everything in the window has a name, says its key, and can be clicked with the right button."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTextEdit,
    QWidget,
)

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit,
    QPlainTextEdit, QTextEdit,
)  # fmt: skip


def named(control):
    return bool(
        control.accessibleName()
        or (isinstance(control, QAbstractButton) and control.text().strip(" …▾▸"))
    )


def inner(control):
    """Parts that Qt makes itself: of a list its head, of a field what clears it."""
    parent = control.parentWidget()
    return (
        isinstance(control, (QScrollBar, QHeaderView))
        or isinstance(parent and parent.parentWidget(), QComboBox)
        or control.objectName().startswith("qt_")
        or isinstance(parent, (QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView))
    )


def test_every_control_of_the_window_has_an_accessible_name(shown):
    window = shown.window
    for page in window.right.tabs.buttons:
        window.right.turn_to(page)
    for name in ("fool", "labs", "errors", "twins", "preferences", "manual", "help"):
        window.commands[name].trigger()
    window.opening.ask_model()
    window.opening.ask_stream()
    nameless = [
        (type(one).__name__, one.objectName(), type(one.parentWidget()).__name__)
        for one in window.findChildren(QWidget)
        if isinstance(one, CONTROLS) and not inner(one) and not named(one)
    ]
    assert not nameless, "\n".join(map(str, nameless))


def test_buttons_say_the_key_that_does_the_same_also_after_it_was_changed(shown):
    window = shown.window
    pause = window.source.transport.pause
    assert pause.toolTip().endswith("(P)")
    window.commands.bind("pause", ("F9",))
    assert pause.toolTip().endswith("(F9)")
    assert "(Ctrl+S)" in window.commands["save"].toolTip()
    for name, tab in window.right.tabs.buttons.items():
        command = next((one for one in window.commands.commands if one.name == name), None)
        if command is not None and command.keys:
            assert command.keys[0] in tab.toolTip(), name
    assert window.commands["pause"].shortcut() == QKeySequence("F9")


def texts(menu):
    return [one.text() for one in menu.actions() if one.text()]


@pytest.fixture
def ask(shown):
    """Click with the right button; returns the menu."""

    def clicked(widget, at):
        widget.customContextMenuRequested.emit(at)
        menu = shown.window.right_click.menu
        menu.hide()
        return menu

    return clicked


def test_the_right_button_offers_what_can_be_done_with_what_is_under_it(shown, ask):
    window, controller = shown.window, shown.controller
    room = window.grid.viewport()
    places = (QPoint(x, y) for y in range(0, room.height(), 9) for x in range(0, room.width(), 9))
    at = next(one for one in places if window.grid.unit_at(one) == 5)
    menu = ask(window.grid, at)
    assert controller.view_state.request.unit == 5
    assert texts(menu)[0] == "Unit 5 of stem.conv"
    assert "Pin the unit, or unpin it" in texts(menu)
    next(one for one in menu.actions() if one.objectName() == "switch_off").trigger()
    assert controller.view_state.request.ablation.units[0].unit == 5
    controller.put_back()
    shown.look()

    rows = window.film.list
    index = next(
        rows.model().index(row, 0)
        for row in range(rows.model().rowCount())
        if window.film.layer_at(rows.visualRect(rows.model().index(row, 0)).center()) == "body.conv"
    )
    assert texts(ask(rows, rows.visualRect(index).center()))[0] == "body.conv"
    assert controller.view_state.request.layer == "body.conv"
    shown.look()

    top = controller.last.top[1]
    menu = ask(window.scores, QPoint(5, window.scores.sizeHint().height() * 3 // 10))
    assert texts(menu)[0] == top.label
    next(one for one in menu.actions() if "towards" in one.text()).trigger()
    assert controller.view_state.request.attack.target == top.index
    controller.set_attack(None)
    next(one for one in menu.actions() if "Look back" in one.text()).trigger()
    assert controller.view_state.request.attribution.unit == top.index
    assert "Freeze the picture" in texts(ask(window.input.picture, QPoint(9, 9)))
