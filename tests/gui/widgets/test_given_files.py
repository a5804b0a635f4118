"""Questions for files: what they list, and under which name a new one is written."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget

from nnvis.gui.widgets.given_files import ask_file, ask_new_file, file_kind
from nnvis.language import use_language


@pytest.fixture
def parent(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform says so of dialogs
def test_kinds_of_files_are_named_in_the_language_in_use(parent):
    use_language("zh")
    ask_file(parent, "Open session", print, (file_kind("Tables", (".csv", ".tsv")),))
    dialog = parent.findChild(QFileDialog)
    assert dialog.nameFilters() == ["表格 (*.csv *.tsv)"]
    assert dialog.windowTitle() == "打开会话"
    dialog.close()


@pytest.mark.qt_log_ignore("propagateSizeHints")
@pytest.mark.parametrize(
    ("typed", "written"),
    [("a", "a.npz"), ("blocks.3.0", "blocks.3.0.npz"), ("a.safetensors", "a.safetensors")],
)
def test_a_new_file_gets_the_end_of_its_kind_unless_it_has_one(parent, tmp_path, typed, written):
    kinds = file_kind("NumPy", (".npz",)), file_kind("safetensors", (".safetensors",))
    chosen = []
    ask_new_file(parent, "Save session", chosen.append, kinds, str(tmp_path))
    dialog = parent.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / typed))
    assert chosen == [tmp_path / written]
    dialog.close()
