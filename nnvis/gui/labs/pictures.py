"""The pictures that a lab makes its point with."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnvis.gui.labs.blind_test import BlindTest
from nnvis.gui.labs.still_picture import StillPicture
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.labs.framework.outcome import LabPicture
from nnvis.language import tr


class LabPictures(QWidget):
    """The newest version of each, one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.labels: dict[str, tuple[PlainLabel, StillPicture | BlindTest]] = {}
        self._last: dict[str, LabPicture] = {}

    def show_pictures(self, shown: Mapping[str, LabPicture]) -> None:
        """Show these by their names, and no others."""
        for name in [
            name
            for name, (_, picture) in self.labels.items()
            if name not in shown or isinstance(picture, BlindTest) != bool(shown[name].answers)
        ]:
            for part in self.labels.pop(name):
                self._layout.removeWidget(part)
                part.deleteLater()
            self._last.pop(name, None)
        for name, one in shown.items():
            if self._last.get(name) is one:
                continue
            self._last[name] = one
            if name not in self.labels:
                title, picture = PlainLabel(), BlindTest() if one.answers else StillPicture()
                title.setObjectName("dim")
                title.setWordWrap(True)
                self._layout.addWidget(title)
                self._layout.addWidget(picture)
                self.labels[name] = (title, picture)
            title, picture = self.labels[name]
            title.setText(tr(one.title))
            picture.show_picture(one)
