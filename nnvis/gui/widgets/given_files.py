"""Files that a person gives: asked for, or dragged and copied from other programs.

The questions hold nobody up, and are gone once answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from nnvis.language import tr


def file_kind(name: str, ends: Iterable[str]) -> str:
    """Return how a question lists files of one kind: "Weights (*.pt *.pth)"."""
    return f"{tr(name)} ({' '.join(f'*{one}' for one in ends)})"


def ask_file(
    parent: QWidget,
    title: str,
    then: Callable[[str], object],
    kinds: Sequence[str] = (),
    near: str = "",
) -> None:
    """Go on with the path of a file that is there.

    Args:
        parent: over which the question lies.
        title: the question.
        then: called with the path; not at all where nothing is chosen.
        kinds: which files are listed, each of `file_kind`; none: all.
        near: the folder that is shown first; "": Qt's own choice.
    """
    dialog = _dialog(parent, title, near, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(then)
    dialog.open()


def ask_folder(
    parent: QWidget,
    title: str,
    then: Callable[[str], object],
    near: str = "",
    to_save: bool = False,
) -> None:
    """Go on with the path of a folder; `to_save`: something will be written into it."""
    dialog = _dialog(parent, title, near)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    if to_save:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptOpen)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, tr("Save here"))
    dialog.fileSelected.connect(then)
    dialog.open()


def ask_new_file(
    parent: QWidget,
    title: str,
    then: Callable[[Path], object],
    kinds: Sequence[str],
    near: str,
    name: str = "",
) -> None:
    """Go on with the path of a file to write, whose end is that of one of `kinds`.

    Args:
        parent: over which the question lies.
        title: the question.
        then: called with the path; not at all where nothing is chosen.
        kinds: what it can be written as, each of `file_kind` with one end.
        near: the folder that is shown first.
        name: what is offered.
    """
    dialog = _dialog(parent, title, near, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    if name:
        dialog.selectFile(name)
    dialog.fileSelected.connect(lambda path: then(_with_end(path, dialog)))
    dialog.open()


def local_files(data: QMimeData) -> list[str]:
    """Return the paths of the files of this machine that `data` holds."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def accept_copy(event: QDropEvent) -> None:
    """Take what is dragged as a copy: the program it comes from keeps its files."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _dialog(parent: QWidget, title: str, near: str, kinds: Sequence[str] = ()) -> QFileDialog:
    dialog = QFileDialog(parent, tr(title), near)
    if kinds:
        dialog.setNameFilters(list(kinds))
    dialog.finished.connect(dialog.deleteLater)
    return dialog


def _with_end(name: str, dialog: QFileDialog) -> Path:
    """Return the file that was named, with the end of the kind chosen if it has none.

    Qt's own default suffix takes what follows any dot for an end, as in blocks.3.0.
    """
    ends = [one.partition("*")[2].rstrip(")") for one in dialog.nameFilters()]
    chosen = dialog.selectedNameFilter().partition("*")[2].rstrip(")")
    path = Path(name)
    return path if path.suffix.lower() in ends else path.with_name(path.name + chosen)
