"""What a widget looks like just now, as an array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QCursor, QGuiApplication, QImage, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

KEPT = ("offscreen", "xcb")  # platforms on which the image outlives the painting
_ARROW = [(0, 0), (0, 17), (4, 13.5), (6.5, 19), (9, 18), (6.5, 12.5), (12, 12)]


def grabbed(widget: QWidget) -> NDArray[np.uint8]:
    """Return (H,W,4) BGRA in the screen's own pixels, with the mouse where it is over it."""
    image = _painted(widget)
    at = widget.mapFromGlobal(QCursor.pos())
    if widget.rect().contains(at):
        _draw_mouse(image, at)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[:, : image.width()].copy()


def _painted(widget: QWidget) -> QImage:
    """Copy what was painted last, where Qt keeps all of it as an image, else paint it anew."""
    scale, window = widget.devicePixelRatioF(), widget.window()
    whole = widget.visibleRegion().boundingRect() == widget.rect()  # not scrolled out in part
    keeps = whole and QGuiApplication.platformName() in KEPT
    store = window.backingStore() if keeps else None
    kept = store.paintDevice() if store is not None else None
    if isinstance(kept, QImage) and kept.depth() == 32 and kept.size() == window.size() * scale:
        corner = widget.mapTo(window, QPoint(0, 0)) * scale
        image = kept.copy(QRect(corner, widget.size() * scale))
    else:
        image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        widget.render(image)
    image.setDevicePixelRatio(scale)
    return image


def _draw_mouse(image: QImage, at: QPoint) -> None:
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(at)
    painter.setPen(QColor(Qt.GlobalColor.black))
    painter.setBrush(QColor(Qt.GlobalColor.white))
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in _ARROW]))
    painter.end()
