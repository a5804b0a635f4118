"""Pictures to the clipboard, and from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QMimeData, QObject, QPoint, Slot
from PySide6.QtGui import QCursor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from nnvis.config import data_folder
from nnvis.errors import UserError
from nnvis.files.whole import write_whole
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.gui.state.commands import SAVE, SOURCE, Command
from nnvis.gui.state.context import Context
from nnvis.gui.widgets.given_files import local_files
from nnvis.gui.widgets.qimage import repeated, to_image, written

COMMANDS = (
    Command("copy", SAVE, "Copy the picture under the mouse, or the unit", ("Ctrl+C",)),
    Command("paste", SOURCE, "Paste a picture as the source", ("Ctrl+V",)),
)
SIDE = 448  # pixels: a small map is repeated up to about so many
MOST_KEPT = 100  # pasted pictures, so that sessions find theirs

Named = tuple[str, QImage]


def picture_at(widget: QWidget | None, at: QPoint) -> Named | None:
    """Return the picture, and what it is, at a point of `widget`.

    It is asked of the nearest widget around that point that has a method `picture_at`.
    """
    while widget is not None:
        ask = getattr(widget, "picture_at", None)
        if ask is not None:
            return cast("Named | None", ask(at))
        at, widget = widget.mapToParent(at), widget.parentWidget()
    return None


class Clipboard(QObject):
    """`open_paths` takes files for what they are."""

    def __init__(self, context: Context, open_paths: Callable[[list[str]], object]) -> None:
        super().__init__(context)
        self._context, self._controller, self._open = context, context.controller, open_paths
        self.task: BackgroundTask | None = None  # while a picture is written
        context.commands.on("copy", self.copy)
        context.commands.on("paste", self.paste)

    def copy(self) -> None:
        """Copy what is under the mouse; where that is no picture, the selected unit."""
        at = QCursor.pos()
        widget = QApplication.widgetAt(at)
        found = picture_at(widget, widget.mapFromGlobal(at)) if widget is not None else None
        self.put(found or self._unit())

    def put(self, found: Named | None) -> None:
        """Put a picture onto the clipboard."""
        if found is None:
            self._context.notify("nothing is shown yet; copy when a picture is there")
            return
        name, image = found
        QApplication.clipboard().setImage(repeated(image, SIDE))
        self._context.toast(f"Copied {name}")

    def paste(self) -> None:
        """Make a source of the picture, or the file, that was copied."""
        data = QApplication.clipboard().mimeData() or QMimeData()  # none where it was cleared
        paths = local_files(data)
        image = QApplication.clipboard().image()
        if paths:
            self._open(paths)
        elif image.isNull():
            self._context.notify("the clipboard holds no picture; copy one, or a file, first")
        elif self.task is None or self.task.wait(0):
            self.task = BackgroundTask("nnvis-paste", partial(_kept, image), self)
            self._context.wait_for(self.task)
            self.task.answered.connect(self._pasted)
            self.task.start()

    @Slot(object)
    def _pasted(self, answer: object) -> None:
        if isinstance(answer, Path):
            self._controller.open_source(str(answer))
        else:
            self._controller.tell(str(answer), "file")

    def _unit(self) -> Named | None:
        shown = self._controller.shown
        if shown is None:
            return None
        name = f"unit {shown.unit.index} of {shown.layer.name}"
        return name, to_image(shown.unit.picture)


def _kept(image: QImage) -> Path | str:
    """Write a pasted picture where a session finds it again; return its path, or what is wrong."""
    content = written(lambda device: image.save(device, "PNG"))  # type: ignore[call-overload]
    folder = data_folder() / "pasted"
    path = folder / f"pasted-{hashlib.sha256(content).hexdigest()[:12]}.png"
    try:
        write_whole(path, content)
        kept = sorted(folder.glob("pasted-*.png"), key=lambda one: one.stat().st_mtime)
        for old in kept[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except UserError as error:
        return error.in_window
    return path
