"""Names of others are shown as they are: no label and no tool tip takes them for markup."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from helpers.fake_session import layer, model_info
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

import nnvis.gui
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language.catalogue import FOLDER, read_entries

SOURCES = sorted(Path(nnvis.gui.__path__[0]).rglob("*.py"))
HOSTILE = '<img src="http://127.0.0.1:9/x.png"><b>layer</b>'


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_labels_and_tool_tips_are_made_by_the_plain_ones(path):
    if path.name == "plain_text.py":
        return
    for call in ast.walk(ast.parse(path.read_text())):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        where = f"{path.name}:{call.lineno}"
        assert name not in ("QLabel", "QMessageBox", "QTextBrowser", "setHtml"), where
        if name == "setToolTip":
            assert _is_plain(call.args[-1]), where
        if name == "showText":
            assert _is_plain(call.args[1]), where


def _is_plain(given: ast.expr) -> bool:
    if isinstance(given, ast.IfExp):
        return _is_plain(given.body) and _is_plain(given.orelse)
    if isinstance(given, ast.Constant):
        return not _might_be_rich(given.value)
    if not isinstance(given, ast.Call):
        return False
    called = getattr(given.func, "id", "")
    return called == "plain_tip" or (called == "tr" and _is_plain(given.args[0]))


def _might_be_rich(text: str) -> bool:
    return plain_tip(text) != text


def test_no_translation_has_markup():
    entries = read_entries(FOLDER / "zh_CN.ts")
    assert [one.translation for one in entries if _might_be_rich(one.translation)] == []


def test_a_tip_shows_every_character():
    assert plain_tip("conv1 < 3") == "conv1 < 3"
    assert plain_tip(HOSTILE).count("<") == 2  # its own paragraph
    assert "&lt;img src=" in plain_tip(HOSTILE)


def test_hostile_names_stay_text_in_every_label_and_tip_of_the_window(shown):
    info = model_info(HOSTILE, (layer(HOSTILE, 16, 12), layer(f"{HOSTILE}2", 10, 1)))
    shown.session.loaded(info)
    shown.qtbot.waitUntil(lambda: shown.controller.view_state.info is info)
    shown.session.opened(HOSTILE)
    shown.qtbot.waitUntil(lambda: shown.controller.view_state.source == HOSTILE)
    shown.look(2)
    shown.controller.failed.emit(HOSTILE, HOSTILE)
    for name in shown.window.right.tabs.buttons:
        shown.window.right.turn_to(name)
        shown.look()
    widgets = QApplication.allWidgets()
    labels = [one for one in widgets if isinstance(one, QLabel)]
    assert any(HOSTILE in one.text() for one in labels)
    for one in labels:
        plain = one.textFormat() == Qt.TextFormat.PlainText
        assert plain or HOSTILE not in one.text(), one.text()
    for one in widgets:
        assert "<img" not in one.toolTip()
