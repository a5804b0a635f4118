"""Points in the plane, drawn as one picture: 20,000 of them are as quick as ten."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.qimage import to_image
from nnvis.language import tr

_DOT, _CROSS, _EDGE = 6, 9, 8  # pixels


class MapPlot(QWidget):
    """Tells which points are in the rectangle that the mouse drew, which stays until the next."""

    brushed = Signal(object)  # which of the points

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Map of the pictures"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 90)
        self._start: QPoint | None = None
        self._ground = QColor()
        self.mark: QRectF | None = None  # what was drawn, in parts of the room of the points
        self.clear()

    def clear(self) -> None:
        """Show no points."""
        self.mark = None
        none = np.zeros((0, 4), np.uint8)
        self.show_points(none[:, :2].astype(np.float32), none, none[:, 0] > 0)

    def show_points(
        self, places: NDArray[np.float32], colours: NDArray[np.uint8], crosses: NDArray[np.bool_]
    ) -> None:
        """Draw points at (M,2) `places` in (M,4) `colours`; crosses lie above the dots."""
        low, high = (places.min(0), places.max(0)) if len(places) else (np.zeros(2), np.ones(2))
        span = np.where(high > low, high - low, 1)
        self._parts = np.where(high > low, (places - low) / span, 0.5) * (1, -1) + (0, 1)
        self._colours, self._crosses = colours, crosses
        self._image: QImage | None = None
        self.update()

    def unmark(self) -> None:
        """Take the rectangle away: other pictures are picked now."""
        self.mark = None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        scale = self.devicePixelRatioF()
        size = self.size() * scale
        if self._image is None or self._image.size() != size or self._ground != theme.PANEL:
            self._ground = QColor(theme.PANEL)
            self._image = to_image(self._drawn(size.width(), size.height(), scale))
            self._image.setDevicePixelRatio(scale)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)
        if self.mark is not None:
            room = self._room()
            left, top = room.x(), room.y()
            wide, high = room.width(), room.height()
            drawn = QRectF(
                left + self.mark.x() * wide, top + self.mark.y() * high,
                self.mark.width() * wide, self.mark.height() * high,
            )  # fmt: skip
            inside = QColor(theme.ACCENT)
            inside.setAlphaF(0.12)
            painter.fillRect(drawn, inside)
            painter.setPen(QPen(theme.ACCENT, 1.5))
            painter.drawRect(drawn)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._start = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is not None:
            self.mark = self._drawn_to(self._start, event.position().toPoint())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        start, self._start = self._start, None
        if start is None:
            return
        ends = np.array([start.toTuple(), event.position().toPoint().toTuple()])
        at = self._pixels(self.width(), self.height(), 1)
        inside = ((at >= ends.min(0)) & (at <= ends.max(0))).all(1)
        self.mark = None  # a click beside all points takes it away
        if inside.any():
            self.brushed.emit(np.flatnonzero(inside))
            self.mark = self._drawn_to(start, event.position().toPoint())
        self.update()

    def _drawn_to(self, start: QPoint, end: QPoint) -> QRectF:
        room, drawn = self._room(), QRect(start, end).normalized()
        return QRectF(
            (drawn.x() - room.x()) / room.width(), (drawn.y() - room.y()) / room.height(),
            drawn.width() / room.width(), drawn.height() / room.height(),
        )  # fmt: skip

    def _room(self) -> QRectF:
        """Return where points lie: it grows with the plot, and so does what was drawn there."""
        wide, high = (max(1, side - 1 - 2 * _EDGE) for side in (self.width(), self.height()))
        return QRectF(_EDGE, _EDGE, wide, high)

    def _pixels(self, width: int, height: int, scale: float) -> NDArray[np.int64]:
        edge = np.ceil(_EDGE * scale)
        room = np.maximum(np.array([width, height]) - 1 - 2 * edge, 0)
        return np.asarray(edge + np.rint(self._parts * room), np.int64)

    def _drawn(self, width: int, height: int, scale: float) -> NDArray[np.uint8]:
        """Return the points as (H,W,4)."""
        picture = np.empty((height, width, 4), np.uint8)
        ground = np.array(theme.PANEL.getRgb(), np.uint8)
        picture[:] = ground
        if min(width, height) <= 2 * np.ceil(_EDGE * scale):
            return picture
        flat = picture.view(np.uint32).reshape(-1)
        where = self._pixels(width, height, scale) @ (1, width)
        for cross in (False, True):
            some = np.flatnonzero(self._crosses == cross)
            at, pure = where[some], self._colours[some]
            for cover, offsets in _stamp(cross, scale):
                mixed = np.rint(ground + cover * (pure - ground.astype(float))).astype(np.uint8)
                colours = mixed.view(np.uint32)[:, 0]
                for x, y in offsets:
                    flat[at + (y * width + x)] = colours
        return picture


def _stamp(cross: bool, scale: float) -> Iterator[tuple[float, NDArray[np.int64]]]:
    """Yield parts of pixels that a point covers with the (K,2) pixels; those it fills last."""
    reach = scale * (_CROSS if cross else _DOT) / 2
    whole = int(np.ceil(reach))
    y, x = np.mgrid[-whole : whole + 1, -whole : whole + 1]
    if cross:
        away = np.abs(np.abs(x) - np.abs(y)) / np.sqrt(2) - 0.7 * scale
        away = np.maximum(away, np.maximum(np.abs(x), np.abs(y)) - reach)
    else:
        away = np.hypot(x, y) - reach
    cover = np.rint(4 * np.clip(0.5 - away, 0, 1)) / 4
    for part in np.unique(cover[cover > 0]):
        yield float(part), np.stack([x[cover == part], y[cover == part]], 1)
