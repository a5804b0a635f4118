"""A colour map between the numbers that its ends stand for."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import fill_ground
from nnvis.gui.widgets.number_text import MINUS
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.gui.widgets.qimage import to_image
from nnvis.imaging.colormaps import LEVELS, palette
from nnvis.language import tr

BAR, SLIM = 96, 44  # points wide
WIDEST = f"{MINUS}0.00123"  # of the numbers
AIR = 6  # points between a number and the bar


class ColourBar(QWidget):
    """A bar, a number at either end, and a mark at zero where that is in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self._colormap = ""
        self._image = QImage()
        self._ends = ("", "")
        self._signed = self._slim = False
        self.setAccessibleName(tr("What the colours stand for"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        fill_ground(self)

    @property
    def _words(self) -> QFont:
        return theme.small(self.font(), 0.9)

    def sizeHint(self) -> QSize:
        return QSize((SLIM if self._slim else BAR) + 2 * _number(self._words), 24)

    def set_slim(self, on: bool) -> None:
        """Leave room to what stands beside it, or not."""
        if on != self._slim:
            self._slim = on
            self.updateGeometry()

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
        words, height = self._words, self.height()
        painter.setFont(words)
        number = _number(words)
        bar = QRectF(number, height / 2 - 5, self.width() - 2 * number, 10)
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
        painter.drawText(0, 0, number - AIR, height, middle | right, self._ends[0])
        beyond = round(bar.right()) + AIR
        painter.drawText(beyond, 0, number - AIR, height, middle | left, self._ends[1])

    def _say(self, ends: tuple[str, str]) -> None:
        if ends != self._ends:
            self._ends = ends
            self.setAccessibleDescription(tr(f"{ends[0]} to {ends[1]}"))
            self.update()


def _number(words: QFont) -> int:
    """Return the room of a number and of what is between it and the bar."""
    return QFontMetrics(words).horizontalAdvance(WIDEST) + AIR
