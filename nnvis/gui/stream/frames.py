"""The frames in which the selected unit was strongest, three in a row, with value and age."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnvis.engine.protocol.observations import StreamFrame
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.number_text import age_text, short
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr

COLUMNS, ROWS = 3, 3
SIDE = 80  # points; if it followed the width, a scroll bar that comes could never stay
GAP = 6


class StreamFrames(QWidget):
    """The frame on a picture is where the cell lies on it."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: tuple[StreamFrame, ...] = ()
        self._maps = (1, 1)
        self._images: dict[bytes, QImage] = {}
        self.setAccessibleName(tr("Frames in which the unit was strongest"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def kept(self) -> tuple[StreamFrame, ...]:
        """What is shown."""
        return self._kept

    def sizeHint(self) -> QSize:
        rows = -(-max(1, len(self._kept)) // COLUMNS)
        height = rows * (SIDE + self.fontMetrics().height() + GAP)
        return QSize(COLUMNS * (SIDE + GAP) - GAP, height)

    def show_kept(self, kept: Sequence[StreamFrame], map_shape: tuple[int, int]) -> None:
        """Show `kept`, the strongest first; cells are of maps of `map_shape`."""
        shown = tuple(kept[: COLUMNS * ROWS])
        if shown == self._kept and map_shape == self._maps:
            return
        self._kept, self._maps = shown, map_shape
        self._images = {
            one.jpeg: self._images.get(one.jpeg) or QImage.fromData(one.jpeg) for one in shown
        }
        self.setAccessibleDescription(", ".join(short(one.value) for one in shown))
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        now = time.monotonic()
        for place, one in enumerate(self._kept):
            box = self._box(place)
            painter.fillRect(box, theme.SHEET)
            image = self._images[one.jpeg]
            shown = _inside(box, image)
            painter.drawImage(shown, image)
            self._mark(painter, shown, one)
            text = QRectF(box.left(), box.bottom(), box.width(), painter.fontMetrics().height())
            painter.setPen(theme.TEXT)
            value, age = short(one.value), tr(age_text(now - one.time))
            painter.drawText(text, Qt.AlignmentFlag.AlignLeft, value)
            painter.setPen(theme.DIM)
            metrics = painter.fontMetrics()
            room = box.width() - metrics.horizontalAdvance(f"{value}  ")
            if metrics.horizontalAdvance(age) > room:
                age = age.removesuffix(" ago").removesuffix("前")
            if metrics.horizontalAdvance(age) > room:
                continue  # the tool tip says it
            painter.drawText(text, Qt.AlignmentFlag.AlignRight, age)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            for place, one in enumerate(self._kept):
                if self._box(place).contains(event.pos().toPointF()):
                    row, column = one.cell
                    age = age_text(time.monotonic() - one.time)
                    text = f"frame {one.frame}, {age}: {short(one.value)} at cell {row},{column}"
                    QToolTip.showText(event.globalPos(), plain_tip(text), self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)  # type: ignore[arg-type]

    def _mark(self, painter: QPainter, shown: QRectF, one: StreamFrame) -> None:
        height, width = self._maps
        if height * width <= 1:
            return
        cell = QRectF(
            shown.left() + one.cell[1] * shown.width() / width,
            shown.top() + one.cell[0] * shown.height() / height,
            shown.width() / width,
            shown.height() / height,
        )
        least = max(0.0, 7 - cell.width()) / 2  # a cell of a large map is still seen
        cell = cell.adjusted(-least, -least, least, least)
        painter.setPen(QPen(theme.SHEET, 3))
        painter.drawRect(cell)
        painter.setPen(QPen(theme.OUTLINE, 1))
        painter.drawRect(cell)

    def _box(self, place: int) -> QRectF:
        row, column = divmod(place, COLUMNS)
        below = self.fontMetrics().height() + GAP
        return QRectF(column * (SIDE + GAP), row * (SIDE + below), SIDE, SIDE)


def _inside(box: QRectF, image: QImage) -> QRectF:
    """Return where `image` lies in `box`, unstretched."""
    share = min(box.width() / max(1, image.width()), box.height() / max(1, image.height()))
    width, height = image.width() * share, image.height() * share
    return QRectF(
        box.left() + (box.width() - width) / 2, box.top() + (box.height() - height) / 2,
        width, height,
    )  # fmt: skip
