"""A picture as it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.labs.framework.outcome import LabPicture
from nnvis.language import tr


class StillPicture(QWidget):
    """A picture at its own size, or as small as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_picture(self, one: LabPicture) -> None:
        """Show `one`."""
        self.show_pixels(one.picture, one.title)

    def show_pixels(self, pixels: NDArray[np.uint8], title: str) -> None:
        """Show (H,W,3) RGB."""
        height, width = pixels.shape[:2]
        data = pixels.tobytes()
        made = QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._image = made.copy()  # the bytes go when this ends
        self.setAccessibleName(tr(title))
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
