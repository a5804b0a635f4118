"""A row or two of small pictures with a number below each, of which one may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr

SIDE, GAP = 46, 4  # points


@dataclass(frozen=True, slots=True, eq=False)
class StripPicture:
    """One picture of the strip; without an image it is gone."""

    image: QImage | None
    text: str
    tip: str


class PictureStrip(QWidget):
    """Shows as many as there is room for; the wheel shows the others."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.shown: tuple[StripPicture, ...] = ()
        self.place: int | None = None  # of the chosen one
        self._empty = ""
        self._first = 0
        self.setAccessibleName(tr("Top pictures"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        rows = 2 if len(self.shown) > self._columns and self.window().height() > 760 else 1
        return QSize(5 * (SIDE + GAP) - GAP, rows * self._row - GAP)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * SIDE, self._row - GAP)

    def show_smalls(self, smalls: Sequence[StripPicture], empty: str = "") -> None:
        """Show `smalls`, or where there are none say why."""
        self.shown, self._empty = tuple(smalls), empty
        self._first = 0
        self.setMaximumHeight(self.sizeHint().height())
        self.setAccessibleDescription(", ".join(tr(one.text) for one in smalls) or tr(empty))
        self.updateGeometry()
        self.update()

    def mark(self, place: int | None) -> None:
        """Mark the picture that is shown large."""
        if place != self.place:
            self.place = place
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(theme.small(self.font(), 0.8))
        if not self.shown:
            painter.setPen(theme.DIM)
            how = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()), how, tr(self._empty))
            return
        for place in self._visible():
            one, box = self.shown[place], self._box(place)
            painter.fillRect(box, theme.SHEET)
            if one.image is not None and not one.image.isNull():
                painter.drawImage(_inside(box, one.image), one.image)
            else:
                painter.setPen(theme.DIM)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tr("gone"))
            text = QRectF(box.left(), box.bottom(), box.width(), self._text)
            painter.setPen(theme.TEXT if place == self.place else theme.DIM)
            painter.drawText(text, Qt.AlignmentFlag.AlignHCenter, tr(one.text))
            if place == self.place:
                painter.setPen(QPen(theme.ACCENT, 2))
                painter.drawRect(box.adjusted(1, 1, -1, -1))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        for place in self._visible():
            if self._box(place).contains(event.position()):
                if event.button() == Qt.MouseButton.LeftButton:
                    self.chosen.emit(place)
                return

    def wheelEvent(self, event: QWheelEvent) -> None:
        step = -1 if event.angleDelta().y() > 0 else 1
        last = max(0, len(self.shown) - self._columns * self._rows)
        self._first = min(last, max(0, self._first + step))
        self.update()
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            for place in self._visible():
                if self._box(place).contains(event.pos().toPointF()):
                    QToolTip.showText(event.globalPos(), plain_tip(self.shown[place].tip), self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)

    @property
    def _text(self) -> int:
        return self.fontMetrics().height() - 2

    @property
    def _row(self) -> int:
        return SIDE + self._text + GAP

    @property
    def _columns(self) -> int:
        return max(1, (self.width() + GAP) // (SIDE + GAP))

    @property
    def _rows(self) -> int:
        return max(1, (self.height() + GAP) // self._row)

    def _visible(self) -> range:
        return range(self._first, min(len(self.shown), self._first + self._columns * self._rows))

    def _box(self, place: int) -> QRectF:
        row, column = divmod(place - self._first, self._columns)
        return QRectF(column * (SIDE + GAP), row * self._row, SIDE, SIDE)


def _inside(box: QRectF, image: QImage) -> QRectF:
    """Return where `image` lies in `box`, unstretched."""
    share = min(box.width() / image.width(), box.height() / image.height())
    fit = QRectF(0, 0, image.width() * share, image.height() * share)
    fit.moveCenter(box.center())
    return fit
