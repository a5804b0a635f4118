"""Points in the plane, drawn as one picture: 20,000 of them are as quick as ten."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QRubberBand, QSizePolicy, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.qimage import to_image
from nnvis.language import tr

_DOT, _CROSS, _EDGE = 6, 9, 8  # pixels


class MapPlot(QWidget):
    """Tells which points are in the rectangle that the mouse drew."""

    brushed = Signal(object)  # which of the points

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Map of the pictures"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 90)
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self)
        self._start: QPoint | None = None
        self._ground = QColor()
        self.clear()

    def clear(self) -> None:
        """Show no points."""
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

    def paintEvent(self, _event: QPaintEvent) -> None:
        scale = self.devicePixelRatioF()
        size = self.size() * scale
        if self._image is None or self._image.size() != size or self._ground != theme.PANEL:
            self._ground = QColor(theme.PANEL)
            self._image = to_image(self._drawn(size.width(), size.height(), scale))
            self._image.setDevicePixelRatio(scale)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._start = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is not None:
            self._band.setGeometry(QRect(self._start, event.position().toPoint()).normalized())
            self._band.show()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        start, self._start = self._start, None
        self._band.hide()
        if start is None:
            return
        ends = np.array([start.toTuple(), event.position().toPoint().toTuple()])
        at = self._pixels(self.width(), self.height(), 1)
        inside = ((at >= ends.min(0)) & (at <= ends.max(0))).all(1)
        if inside.any():
            self.brushed.emit(np.flatnonzero(inside))

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
