"""Files over the window: said where they would land, and copied, never moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnvis.engine.saving.session_file import SUFFIX
from nnvis.gui.widgets.given_files import accept_copy, local_files
from nnvis.gui.widgets.number_text import counted
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.models.info import WEIGHT_SUFFIXES

_LANDS = {SUFFIX: "the window as it was saved", ".py": "the network", ".onnx": "the network"} | (
    dict.fromkeys(WEIGHT_SUFFIXES, "weights of the network")
)


def landing_text(paths: Sequence[str]) -> str:
    """Say what would become of files, by their names alone."""
    lands = dict.fromkeys(
        _LANDS.get(PurePath(one).suffix.lower(), "what is looked at") for one in paths
    )
    what = PurePath(paths[0]).name if len(paths) == 1 else counted(len(paths), "file")
    return f"Drop {what} here: {', '.join(lands)}"


class DropTarget(QWidget):
    """Lies over `window` while files are; takes its events of dragging."""

    def __init__(self, window: QWidget, take: Callable[[list[str]], object]) -> None:
        super().__init__(window)
        self._window, self._take = window, take
        self.setObjectName("hint")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.text = PlainLabel(kind="title", wraps=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self.hide()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragLeave:
            self.hide()
        if not isinstance(event, QDropEvent):  # entering and moving are such, too
            return False
        paths = local_files(event.mimeData())
        if not paths:
            return False
        accept_copy(event)
        if isinstance(event, QDragEnterEvent):
            self._show(paths)
        elif not isinstance(event, QDragMoveEvent):
            self.hide()
            self._take(paths)
        return True

    def _show(self, paths: Sequence[str]) -> None:
        self.text.setText(landing_text(paths))
        wide, high = self._window.width(), self._window.height()
        self.setGeometry(wide // 8, high // 3, wide * 3 // 4, high // 3)
        self.show()
        self.raise_()
