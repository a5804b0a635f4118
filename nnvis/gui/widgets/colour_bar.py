"""A colour map between the numbers that its ends stand for."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.gui.widgets.qimage import to_image
from nnvis.imaging.colormaps import LEVELS, palette
from nnvis.language import tr

BAR = 96  # points wide
NUMBER = 60


class ColourBar(QWidget):
    """A bar, a number at either end, and a mark at zero where that is in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self._colormap = ""
        self._image = QImage()
        self._ends = ("", "")
        self._signed = False
        self.setAccessibleName(tr("What the colours stand for"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(BAR + 2 * NUMBER, 24)

    def show_scale(self, colormap: str, ends: tuple[str, str], *, signed: bool, tip: str) -> None:
        """Show what the colours stand for now."""
        if colormap != self._colormap:
            self._colormap = colormap
            self._image = to_image(np.ascontiguousarray(palette(colormap)[None, :LEVELS]))
            self.update()
        if signed != self._signed:
            self._signed = signed
            self.update()
        self.setToolTip(plain_tip(tip))
        self._say(ends)

    def forget(self) -> None:
        """Say that the numbers are not known now."""
        self._say(("…", "…"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.small(self.font(), 0.9))
        height = self.height()
        bar = QRectF(NUMBER, height / 2 - 5, self.width() - 2 * NUMBER, 10)
        if self._image.isNull():
            painter.fillRect(bar, theme.RAISED)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(bar, self._image)
        if self._signed:
            painter.fillRect(QRectF(bar.center().x() - 0.5, bar.top() - 3, 1, 16), theme.TEXT)
        painter.setPen(theme.DIM)
        right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(0, 0, NUMBER - 6, height, middle | right, self._ends[0])
        beyond = round(bar.right()) + 6
        painter.drawText(beyond, 0, NUMBER - 6, height, middle | left, self._ends[1])

    def _say(self, ends: tuple[str, str]) -> None:
        if ends != self._ends:
            self._ends = ends
            self.setAccessibleDescription(tr(f"{ends[0]} to {ends[1]}"))
            self.update()
