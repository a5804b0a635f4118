"""The window in Chinese: begun so, and changed while it runs, back and forth."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget

from nnvis.gui.preferences.dialog import Preferences
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.gui.widgets.speak import change_language, speak
from nnvis.gui.window.app import Program
from nnvis.language import language, tr, use_language, verbatim
from nnvis.language.catalogue import FOLDER, read_entries


@pytest.fixture
def back_to_english(qtbot, dressed):
    yield
    change_language("en")
    use_language("en")
    speak(QApplication.instance())


@pytest.fixture
def program(qtbot, dressed, back_to_english):
    made = Program()
    qtbot.addWidget(made.window)
    made.window.show()
    yield made
    made.window.close()
    assert made.stuck == []


def shown(window):
    """Return what stands on labels, buttons and menus."""
    widgets = [*window.findChildren(QLabel), *window.findChildren(QAbstractButton)]
    parts = [window, *window.findChildren(QWidget)]  # not those that another test left
    actions = [one for widget in parts for one in widget.actions()]
    return {one.text().strip(" ▾") for one in (*widgets, *actions)}


def test_a_running_window_changes_its_language_and_changes_back(program):
    window = program.window
    before = shown(window)
    window.about.language_chosen.emit("zh")
    assert language() == "zh"
    assert window.commands["freeze"].text() == "冻结画面"
    assert window.scores_head.text() == "最强类别"
    assert "回溯" in shown(window)
    window.commands["manual"].trigger()
    assert window.about.manual.list.item(0).text() == "指南"
    english = {one.source: one.translation for one in read_entries(FOLDER / "zh_CN.ts")}
    left = {one for one in shown(window) if english.get(one, one) != one}
    assert left == set()
    window.about.language_chosen.emit("en")
    assert shown(window) == before


def test_the_language_is_chosen_in_the_preferences_and_kept(program, qtbot):
    preferences = Preferences(program.window.context, {})
    qtbot.addWidget(preferences)
    preferences.language_chosen.connect(program.window.about.language_chosen)
    preferences.language.setCurrentIndex(preferences.language.findData("zh"))
    assert program.settings.language == "zh"
    assert preferences.windowTitle() == "首选项"
    assert preferences.language.currentText() == "简体中文"


def test_a_label_says_the_same_again_and_a_name_stays_as_it_is(qtbot, back_to_english):
    said, name, moving = PlainLabel("Cancel"), PlainLabel(verbatim("Layer")), PlainLabel()
    for one in (said, name, moving):
        qtbot.addWidget(one)
    moving.setText("unit 7")
    change_language("zh")
    assert (said.text(), name.text(), moving.text()) == ("取消", "Layer", "单元 7")
    moving.setText("unit 8")
    change_language("en")
    assert (said.text(), name.text(), moving.text()) == ("Cancel", "Layer", "unit 8")


def test_texts_with_one_translation_come_back_as_they_were(qtbot, back_to_english):
    buttons = [QPushButton(tr(one)) for one in ("Show", "Display")]
    for one in buttons:
        qtbot.addWidget(one)
    for _ in range(2):
        change_language("zh")
        assert [one.text() for one in buttons] == ["显示", "显示"]
        change_language("en")
        assert [one.text() for one in buttons] == ["Show", "Display"]


def test_qts_own_buttons_are_translated_too(qtbot, back_to_english):
    use_language("zh")
    speak(QApplication.instance())
    assert QApplication.translate("QPlatformTheme", "Cancel") == "取消"
    assert tr("Cancel") == "取消"
