"""The command line in Chinese: --lang anywhere, NNVIS_LANG, the settings."""

from __future__ import annotations

import re

import pytest

from nnvis.__main__ import main
from nnvis.config import Settings, save_settings
from nnvis.language import language


@pytest.mark.parametrize("words", [["--lang", "zh", "models"], ["models", "--lang=zh"]])
def test_the_option_may_stand_anywhere(words, capsys):
    assert main([*words, "--help"]) == 0
    assert language() == "zh"
    assert "选项" in capsys.readouterr().out


def test_a_language_that_there_is_not_is_refused(capsys):
    assert main(["--lang", "xx", "models"]) == 2
    assert "auto, en, zh" in capsys.readouterr().err


def test_the_settings_say_the_language_where_nothing_else_does(monkeypatch, capsys):
    monkeypatch.delenv("NNVIS_LANG")
    monkeypatch.setenv("LC_ALL", "C")
    save_settings(Settings(language="zh"))
    assert main(["--version"]) == 0
    assert language() == "zh"


def test_an_error_is_told_in_the_language_and_english_is_as_ever(capsys):
    assert main(["predict", "/no/such/picture.png"]) == 1
    english = capsys.readouterr().err
    assert main(["--lang", "zh", "predict", "/no/such/picture.png"]) == 1
    assert "不存在" in capsys.readouterr().err
    assert main(["--lang", "en", "predict", "/no/such/picture.png"]) == 1
    assert capsys.readouterr().err == english


@pytest.mark.parametrize("words", ["predict", "predict --nope x", "predict --top x y", "lab -h"])
def test_what_the_library_says_of_wrong_usage_is_said_in_the_language(words, capsys):
    assert main(["--lang", "zh", *words.split()]) in (0, 2)
    told = "".join(capsys.readouterr())
    assert "用法" in told
    found = re.findall("Usage|OPTIONS|Missing|No such|Invalid|should|requires|Show this", told)
    assert found == []
