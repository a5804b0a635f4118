"""The pictures that a lab makes its point with."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnvis.labs.outcome import Shown
from nnvis.labs.record import Record


class Still(QWidget):
    """A picture at its own size, or as small as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_picture(self, one: Shown) -> None:
        """Show `one`."""
        height, width = one.picture.shape[:2]
        data = one.picture.tobytes()
        made = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._image = made.copy()  # the bytes go when this ends
        self.setAccessibleName(one.title)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return self._image.size()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if self._image.width() <= max(width, 1):
            return self._image.height()
        return self._image.height() * width // self._image.width()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        wide = min(self.width(), self._image.width())
        smaller = wide < self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
        painter.drawImage(QRect(0, 0, wide, self.heightForWidth(wide)), self._image)


class LabPictures(QWidget):
    """All of them, the newest version of each, one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.labels: dict[str, tuple[QLabel, Still]] = {}
        self._last: dict[str, Shown] = {}

    def show_record(self, record: Record | None) -> None:
        """Show the pictures of `record`."""
        shown = {} if record is None else record.shown
        for name in [name for name in self.labels if name not in shown]:
            for part in self.labels.pop(name):
                self._layout.removeWidget(part)
                part.deleteLater()
            self._last.pop(name, None)
        for name, one in shown.items():
            if self._last.get(name) is one:
                continue
            self._last[name] = one
            if name not in self.labels:
                title, picture = QLabel(), Still()
                title.setObjectName("dim")
                title.setWordWrap(True)
                self._layout.addWidget(title)
                self._layout.addWidget(picture)
                self.labels[name] = (title, picture)
            title, picture = self.labels[name]
            title.setText(one.title)
            picture.show_picture(one)
