"""One picture, as large as the pane lets it be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.qimage import repeated, to_image
from nnvis.language import tr

WORDS = 0.8  # of the size of other words: those on a picture
DRAGGED = 448  # pixels: a small picture is repeated up to about so many


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a picture, in parts of its width and height; may reach beyond it."""

    left: float
    top: float
    right: float
    bottom: float
    colour: QColor
    text: str = ""  # at its upper left corner
    wide: bool = False  # drawn with a thicker line


def drag_out(widget: QWidget, image: QImage) -> None:
    """Let a person drag `image` into another program, in squares where it is small."""
    drag, data = QDrag(widget), QMimeData()
    data.setImageData(repeated(image, DRAGGED))
    drag.setMimeData(data)
    shown = image.scaled(96, 96, Qt.AspectRatioMode.KeepAspectRatio)
    drag.setPixmap(QPixmap.fromImage(shown))
    drag.exec(Qt.DropAction.CopyAction)


class PictureView(QWidget):
    """`pixels`: show pixels as squares instead of blending them; stale pictures are veiled."""

    pointed = Signal(float, float)  # where on the picture the mouse is, 0 ... 1
    clicked = Signal(float, float)

    def __init__(self, name: str, *, pixels: bool = False, least: int = 90) -> None:
        super().__init__()
        self._image = QImage()
        self._pixels = pixels
        self._least = least
        self._stale = False
        self._mirrored = False
        self._note = ""
        self._boxes: tuple[Box, ...] = ()
        self._pressed: QPoint | None = None
        self.setAccessibleName(tr(name))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(least, least)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(240, max(self._least, self.width()))

    def show_picture(self, picture: NDArray[np.uint8]) -> None:
        """Show (H,W,3) or (H,W,4) uint8."""
        self._image = to_image(picture)
        self._stale = False
        self.update()

    def picture_at(self, _at: QPoint) -> tuple[str, QImage] | None:
        """Return the picture, without what is drawn over it, and what it is."""
        there = not self._image.isNull() and not self._stale
        return (self.accessibleName(), self._image) if there else None

    def set_pixels(self, on: bool) -> None:
        """Show pixels as squares, or blend them."""
        if on != self._pixels:
            self._pixels = on
            self.update()

    def set_stale(self) -> None:
        """Veil the picture until the next one."""
        if not self._stale:
            self._stale = True
            self.update()

    def set_boxes(self, boxes: Sequence[Box]) -> None:
        """Draw `boxes` on the picture until others come; not while it is stale."""
        if tuple(boxes) != self._boxes:
            self._boxes = tuple(boxes)
            self.update()

    def set_mirrored(self, on: bool) -> None:
        """Show left and right exchanged."""
        self._mirrored = on
        self.update()

    def set_note(self, note: str) -> None:
        """Say `note` in the picture's lower corner."""
        note = tr(note)
        if note != self._note:
            self._note = note
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            # Square at the most: what follows in a column stays close.
            self.setMaximumHeight(max(self._least, self.width()))
            self.updateGeometry()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            step, found = event.position().toPoint() - self._pressed, self.picture_at(self._pressed)
            if found is not None and step.manhattanLength() >= QApplication.startDragDistance():
                self._pressed = None
                drag_out(self, found[1])
                return
        place = self._place(event)
        if place is not None:
            self.pointed.emit(*place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = event.position().toPoint() if left else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self._place(event)
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*place)

    def _place(self, event: QMouseEvent) -> tuple[float, float] | None:
        box, at = self._box(), event.position()
        if not box.contains(at):
            return None
        x = (at.x() - box.left()) / box.width()
        return 1 - x if self._mirrored else x, (at.y() - box.top()) / box.height()

    def _box(self) -> QRectF:
        """Return where the picture lies; empty without one."""
        room = QRectF(self.rect())
        if self._image.isNull():
            return QRectF()
        scale = min(room.width() / self._image.width(), room.height() / self._image.height())
        box = QRectF(0, 0, self._image.width() * scale, self._image.height() * scale)
        box.moveCenter(room.center())
        return box

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = QRectF(self.rect())
        if self._image.isNull():
            side = min(room.width(), room.height())
            box = QRectF(0, 0, side, side)
            box.moveCenter(room.center())
            painter.fillRect(box, theme.SHEET)
            return
        box = self._box()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self._pixels)
        boxes = bool(self._boxes) and not self._stale
        painter.save()
        if self._mirrored:
            painter.translate(2 * box.center().x(), 0)
            painter.scale(-1, 1)
        painter.drawImage(box, self._image)
        if boxes:
            self._paint_boxes(painter, box)
        painter.restore()
        if boxes:
            self._paint_names(painter, box)
        if self._stale:
            veil = QColor(theme.PANEL)
            veil.setAlpha(205)
            painter.fillRect(box, veil)
            painter.setPen(theme.DIM)
            painter.setFont(theme.small(self.font(), WORDS))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "…")
        if self._note:
            painter.setFont(theme.small(self.font(), 0.82))
            metrics = painter.fontMetrics()
            tag = QRectF(0, 0, metrics.horizontalAdvance(self._note) + 10, metrics.height() + 4)
            tag.moveBottomRight(box.bottomRight())
            painter.fillRect(tag, QColor(0, 0, 0, 165))
            painter.setPen(theme.ON_PICTURE)
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, self._note)

    def _paint_boxes(self, painter: QPainter, box: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for one in self._boxes:
            rect = QRectF(
                box.left() + one.left * box.width(),
                box.top() + one.top * box.height(),
                (one.right - one.left) * box.width(),
                (one.bottom - one.top) * box.height(),
            ).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(QColor(0, 0, 0, 150), 5 if one.wide else 3))
            painter.drawRect(rect)
            painter.setPen(QPen(one.colour, 3 if one.wide else 1.4))
            painter.drawRect(rect)

    def _paint_names(self, painter: QPainter, box: QRectF) -> None:
        """Write the names of boxes, never mirrored, within the picture; none over another."""
        painter.setFont(theme.small(self.font(), WORDS))
        metrics, taken = painter.fontMetrics(), list[QRectF]()
        for one in sorted(self._boxes, key=lambda one: not one.wide):
            if not one.text:
                continue
            left = 1 - one.right if self._mirrored else one.left
            room = max(90.0, min(box.width(), (one.right - one.left) * box.width()))
            text = metrics.elidedText(one.text, Qt.TextElideMode.ElideRight, int(room))
            tag = QRectF(0, 0, metrics.horizontalAdvance(text) + 6, metrics.height())
            tag.moveTopLeft(box.topLeft())
            tag.translate(
                max(0.0, min(left * box.width(), box.width() - tag.width())),
                max(0.0, min(one.top * box.height(), box.height() - tag.height())),
            )
            if any(tag.intersects(other) for other in taken):
                continue
            taken.append(tag)
            painter.fillRect(tag, QColor(0, 0, 0, 170))
            painter.setPen(one.colour)
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
