"""What a person sets is in force at once and at the next start; a report tells nothing personal."""

from __future__ import annotations

import errno
import getpass
import io
import json
import logging
import socket
import sys
import threading
import zipfile
from logging.handlers import RotatingFileHandler
from pathlib import Path

import psutil
import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from nnvis.config import data_folder, load_settings, save_settings
from nnvis.gui.preferences import problem_report
from nnvis.gui.preferences.kept import kept_keys, kept_look
from nnvis.gui.preferences.problem_report import log_kept, scrubbed, write_report
from nnvis.gui.state.commands import CommandActions
from nnvis.gui.widgets import theme
from nnvis.gui.window.commands import COMMANDS
from nnvis.gui.window.main_window import MainWindow


@pytest.fixture
def preferences(shown):
    shown.window.commands["preferences"].trigger()
    yield shown.window.about.preferences
    theme.dress(QApplication.instance())


def test_a_theme_and_a_size_are_worn_at_once_and_kept(shown, preferences):
    panel, size = theme.PANEL.name(), QApplication.font().pointSizeF()
    preferences.theme.setCurrentIndex(preferences.theme.findData("light"))
    preferences.text.setCurrentIndex(preferences.text.findData(1.5))
    assert theme.PANEL.name() != panel
    assert theme.PANEL.lightness() > 200 > 80 > theme.TEXT.lightness()
    assert QApplication.font().pointSizeF() == pytest.approx(1.5 * size)
    assert shown.window.palette().window().color().name() == theme.PANEL.name()
    save_settings(shown.controller.settings)
    assert kept_look(load_settings()) == theme.Look("light", 1.5)


def test_a_key_is_changed_its_conflict_is_told_and_it_comes_back(shown, preferences):
    commands, table = shown.window.commands, preferences.keys
    table.choose("freeze")
    table.edit.setKeySequence(QKeySequence("Ctrl+S"))
    table.use.click()
    assert "Save what is shown" in table.note.text()
    assert commands["freeze"].shortcut() == QKeySequence("Space")
    table.edit.setKeySequence(QKeySequence("F9"))
    table.use.click()
    assert commands["freeze"].shortcuts() == [QKeySequence("F9")]
    assert "F9" in commands["freeze"].toolTip()
    save_settings(shown.controller.settings)
    kept = kept_keys(load_settings())
    assert kept == {"freeze": ("F9",)}
    again = CommandActions(shown.window, kept)
    again.add(COMMANDS)
    assert again["freeze"].shortcuts() == [QKeySequence("F9")]
    table.usual.click()
    assert commands["freeze"].shortcut() == QKeySequence("Space")
    assert kept_keys(shown.controller.settings) == {}


def test_damaged_choices_of_the_look_and_of_keys_take_their_defaults(shown):
    settings = shown.controller.settings
    settings.window |= {"look": {"theme": "pink", "text": 99}, "keys": {"freeze": 3, "x": ["F9"]}}
    assert kept_look(settings) == theme.Look()
    window = MainWindow(shown.controller)
    shown.qtbot.addWidget(window)
    assert window.commands["freeze"].shortcut() == QKeySequence("Space")


def test_a_report_names_no_person_no_machine_no_place(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada.lovelace")
    monkeypatch.setenv("USERPROFILE", "/home/ada.lovelace")
    monkeypatch.setattr(getpass, "getuser", lambda: "ada.lovelace")
    monkeypatch.setattr(socket, "gethostname", lambda: "engine-7")
    monkeypatch.setattr(socket, "getfqdn", lambda: "engine-7.example.org")
    secret = (
        "opened /home/ada.lovelace/secret/cat.png and C:\\Users\\ada\\x.pt for ada.lovelace"
        " on engine-7 from rtsp://ada:pass@10.1.2.3/door?token=abc"
        " and engine-7.example.org, ada@example.org"
    )
    found = write_report(
        tmp_path, lambda: '{"camera": "0", "home": "' + str(Path.home()) + '"}\n' + secret
    )
    with zipfile.ZipFile(found) as archive:
        text = archive.read("doctor.json").decode()
        assert set(archive.namelist()) == {"about.txt", "doctor.json", "log.txt"}
    words = "ada lovelace engine-7 secret 10.1.2.3 token pass example.org"
    for word in words.split():
        assert word not in text
    assert '"camera": "0"' in text
    assert scrubbed("resnet18 layer2.0.conv1: 3 of 7") == "resnet18 layer2.0.conv1: 3 of 7"


def test_the_window_that_closes_waits_for_no_doctor(shown, monkeypatch):
    asked, others = threading.Event(), set(psutil.Process().children(recursive=True))

    def forever(*_words):
        asked.set()
        return [sys.executable, "-c", "import time; time.sleep(600)"]

    monkeypatch.setattr(problem_report, "nnvis_command", forever)
    shown.window.commands["report"].trigger()
    assert asked.wait(10)
    assert shown.window.context.closing["nnvis-report"](5) == []
    (written,) = data_folder().glob("nnvis-report-*.zip")
    with zipfile.ZipFile(written) as archive:
        assert json.loads(archive.read("doctor.json")) == {"error": "stopped"}
    assert set(psutil.Process().children(recursive=True)) <= others  # of tests before it


def test_quitting_asks_once_while_something_would_be_lost(shown):
    window = shown.window
    window.context.at_work["lab"] = lambda: "a lab"
    window.close()
    assert window.isVisible()
    assert "A lab" in window.closing_box.text()
    box = window.closing_box
    window.close()  # does not ask a second time beside
    assert window.closing_box is box
    box.reject()
    assert window.closing_box is None
    assert window.isVisible()
    window.close()
    next(one for one in window.closing_box.buttons() if one.text() == "Quit").click()
    assert not window.isVisible()


def test_a_log_for_which_there_is_no_room_says_nothing_and_ends_well(monkeypatch, capfd):
    class Full(io.StringIO):
        def flush(self):
            raise OSError(errno.ENOSPC, "No space left on device")

        close = flush

    monkeypatch.setattr(RotatingFileHandler, "_open", lambda _: Full())
    with log_kept():
        logging.getLogger("nnvis").warning("no room")
    assert not any("Traceback" in said for said in capfd.readouterr())
