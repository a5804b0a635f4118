"""Ctrl+S: asks for a folder once, then writes and tells."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QFileDialog


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
