"""What the colours of the grid stand for."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.engine.snapshot import Snapshot
from nnvis.gui import theme
from nnvis.gui.numbers import short
from nnvis.gui.pictures import to_image
from nnvis.gui.wanted import Match
from nnvis.imaging.palette import LEVELS, palette
from nnvis.imaging.shading import Range

BAR = 96  # points wide
NUMBER = 52


class Legend(QWidget):
    """A bar of the colour map between the values of its ends."""

    def __init__(self) -> None:
        super().__init__()
        self._colormap = ""
        self._image = QImage()
        self._ends = ("", "")
        self._signed = False
        self._gamma = 1.0
        self.setAccessibleName("What the colours stand for")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(BAR + 2 * NUMBER, 24)

    def look(self, snapshot: Snapshot | None, match: Match) -> None:
        """Show the range of the sheet that is on the screen."""
        if snapshot is None or not match.layer:
            self._say(("…", "…"))
            return
        sheet, shading = snapshot.sheet, snapshot.selection.shading
        if sheet.colormap != self._colormap:
            self._colormap = sheet.colormap
            self._image = to_image(np.ascontiguousarray(palette(sheet.colormap)[None, :LEVELS]))
            self.update()
        own = shading.range is Range.UNIT
        known = match.unit or not own
        ends = (short(sheet.low), short(sheet.high)) if known else ("…", "…")
        self._signed, self._gamma = sheet.signed, shading.gamma
        self._say(ends)
        whose = "the selected unit" if own else "all units"
        kind = "signed, 0 is in the middle" if sheet.signed else "unsigned"
        tip = f"{short(sheet.low)} to {short(sheet.high)} ({whose}; {kind})"
        if shading.range is Range.LAYER and shading.boost:
            tip += f"\nweak units are brightened (boost {shading.boost:g})"
        if shading.gamma != 1:
            tip += f"\nnot linear: gamma {shading.gamma:g}"
        self.setToolTip(tip)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.small(self.font(), 0.9))
        height = self.height()
        bar = QRectF(NUMBER, height / 2 - 5, BAR, 10)
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
        painter.drawText(NUMBER + BAR + 6, 0, NUMBER - 6, height, middle | left, self._ends[1])

    def _say(self, ends: tuple[str, str]) -> None:
        if ends != self._ends:
            self._ends = ends
            self.setAccessibleDescription(f"{ends[0]} to {ends[1]}")
            self.update()
