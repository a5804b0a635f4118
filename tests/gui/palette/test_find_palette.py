"""A few letters find everything, and keys and mouse do it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from nnvis.gui.palette.entry import Entry, best
from nnvis.views.request import LOGITS


def entry(text: str, kind: str = "Command") -> Entry:
    return Entry(kind, text, lambda: None)


def found(window) -> list[str]:
    model = window.finder.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def typed(shown, text: str) -> list[str]:
    """Open it with its key and type."""
    shown.window.commands["palette"].trigger()
    shown.qtbot.waitUntil(shown.window.finder.line.isVisible)
    shown.qtbot.keyClicks(shown.window.finder.line, text)
    return found(shown.window)


def test_beginnings_come_before_words_within_and_scattered_letters() -> None:
    entries = [
        entry("Bookmark"),
        entry("Look back"),
        entry("Back to start"),
        entry("Bring a clock"),
    ]
    assert [one.text for one in best(entries, "back")] == [
        "Back to start",
        "Look back",
        "Bring a clock",
    ]
    assert [one.text for one in best(entries, "look b")] == ["Look back"]
    assert [one.text for one in best([entry("x", "Layer"), entry("y")], "lay")] == ["x"]
    assert best(entries, "zz") == []
    assert len(best(entries, "")) == 4


def test_enter_does_what_is_first_and_gives_the_keys_back(shown) -> None:
    before = QApplication.focusWidget()
    layer = shown.controller.view_state.info.layers[-1].name
    assert typed(shown, layer)[0] == layer
    shown.qtbot.keyClick(shown.window.finder.line, Qt.Key.Key_Return)
    assert shown.controller.view_state.request.layer == layer
    assert not shown.window.finder.isVisible()
    assert QApplication.focusWidget() is before


def test_number_is_a_unit_and_a_class_is_looked_back_from(shown) -> None:
    assert typed(shown, "conv 2")[0] == "stem.conv 2"
    shown.qtbot.keyClick(shown.window.finder.line, Qt.Key.Key_Return)
    request = shown.controller.view_state.request
    assert (request.layer, request.unit) == ("stem.conv", 2)
    label = shown.controller.view_state.info.labels[1]
    names = typed(shown, label)
    shown.window.finder.list.clicked.emit(
        shown.window.finder.list.model().index(names.index(label), 0)
    )
    origin = shown.controller.view_state.request.attribution
    assert (origin.layer, origin.unit, origin.pinned) == (LOGITS, 1, True)


def test_letters_are_typed_and_esc_only_closes(shown) -> None:
    layer = shown.controller.view_state.request.layer
    typed(shown, "up")  # both are keys of the window
    assert shown.window.finder.line.text() == "up"
    assert shown.controller.view_state.request.layer == layer
    shown.controller.switch_attribution(True)
    shown.qtbot.keyClick(shown.window.finder.line, Qt.Key.Key_Escape)
    assert not shown.window.finder.isVisible()
    assert shown.controller.view_state.request.attribution is not None


def test_every_command_is_found_by_its_name(shown) -> None:
    window = shown.window
    entries = window.finder._entries("")
    texts = [one.text for one in entries]
    for command in window.commands.commands:
        if window.commands[command.name].isEnabled() and command.name != "palette":
            assert command.text in texts
    assert {"Layer", "Lab", "Class: look back"} <= {one.kind for one in entries}
