"""What stands in the workspace while the first folder is passed: how far that is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import verbatim
from nnvis.progress import Progress


class Waiting(QWidget):
    """The folder, a bar, and how long it will take."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = PlainLabel(kind="title")
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedWidth(360)
        self.note = PlainLabel()
        column = QVBoxLayout(self)
        column.addStretch(1)
        for widget in (self.folder, self.bar, self.note):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)

    def begin(self, folder: str) -> None:
        """Name the folder that is passed."""
        self.folder.setText(verbatim(folder))
        self.show_progress(Progress(0, 0, ""))

    def show_progress(self, step: Progress) -> None:
        """Show how many pictures the network has seen."""
        self.bar.setRange(0, step.total)
        self.bar.setValue(step.done)
        self.note.setText(step.note)
