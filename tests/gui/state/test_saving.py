"""Ctrl+S: asks for a folder once, then writes and tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog

from nnvis.gui.state.saving import default_folder


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform says so of dialogs
def test_the_first_snapshot_asks_where_and_goes_on_meanwhile(shown, tmp_path):
    window = shown.window
    window.commands["save"].trigger()
    dialog = window.findChild(QFileDialog)
    assert dialog.isVisible()
    shown.look()  # the picture goes on behind it
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    assert shown.controller.settings.snapshot_folder == str(tmp_path)
    assert tmp_path / "stem.conv.png" in shown.session.asked
    assert window.toast.isVisible()
    window.toast.hide()
    window.commands["save"].trigger()
    assert window.toast.isVisible()


def test_what_does_not_answer_the_selection_is_not_saved(shown, tmp_path):
    shown.controller.settings.snapshot_folder = str(tmp_path)
    shown.controller.go_unit(5)
    shown.window.commands["save"].trigger()
    assert "nothing is shown yet" in shown.window.banner.text.text()
    assert tmp_path / "stem.conv.png" not in shown.session.asked


def test_the_folder_to_begin_with_is_there_even_without_a_folder_for_pictures(
    shown, tmp_path, monkeypatch
):
    pictures = tmp_path / "Pictures"
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _place: str(pictures))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert default_folder(shown.controller) == tmp_path
    pictures.mkdir()
    assert default_folder(shown.controller) == pictures
