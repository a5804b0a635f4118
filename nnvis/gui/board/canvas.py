"""The cards of the board in rows, painted by one widget; they are dragged into order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from nnvis.engine.protocol.observations import BoardPicture
from nnvis.gui.board.card import Card
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.number_text import counted
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.gui.widgets.qimage import to_image
from nnvis.language import tr

GAP = 8
BELOW = 3  # points between a picture and the words below it, for the frame of what is chosen
LINES = 3  # the title above, network and frame, scale below
SMALL_MAP = 100  # pixels: smaller pictures are shown by squares


class BoardCanvas(QWidget):
    """`cards` are shown as they are; a picture is made an image once."""

    moved = Signal(int, int)  # a card to the place of another
    picked = Signal(int)
    opened = Signal(int)  # a double click

    def __init__(self) -> None:
        super().__init__()
        self.cards: tuple[Card, ...] = ()
        self.selected = -1
        self.side = 130  # points of a picture
        self._images: dict[int, tuple[BoardPicture, QImage]] = {}
        self._pressed: QPoint | None = None
        self._carried: int | None = None
        self.setAccessibleName(tr("Board"))
        self.setMouseTracking(True)
        self.setMinimumHeight(120)

    def show_cards(self, cards: Sequence[Card], selected: int) -> None:
        """Show these cards."""
        self.cards, self.selected = tuple(cards), selected
        self.setAccessibleDescription(tr(counted(len(cards), "picture")))
        self._fit()
        self.update()

    def set_side(self, side: int) -> None:
        """Draw the pictures so large."""
        self.side = side
        self._fit()
        self.update()

    @property
    def _words(self) -> QFont:
        return theme.small(self.font(), 0.85)

    @property
    def line(self) -> int:
        """How high a line of words is."""
        return QFontMetrics(self._words).height() + 1

    @property
    def columns(self) -> int:
        """How many cards stand in a row."""
        return max(1, (self.width() - GAP) // (self.side + GAP))

    def place(self, at: int) -> QRect:
        """Return where card number `at` stands."""
        row, column = divmod(at, self.columns)
        wide, high = self.side + GAP, self.side + BELOW + LINES * self.line + GAP
        return QRect(
            GAP + column * wide, GAP + row * high, self.side, self.side + BELOW + LINES * self.line
        )

    def card_at(self, where: QPoint) -> int | None:
        """Return which card is under a point."""
        near = (at for at in range(len(self.cards)) if self.place(at).contains(where))
        return next(near, None)

    def picture_at(self, where: QPoint) -> tuple[str, QImage] | None:
        """Return the picture of the card under a point, and what it is."""
        at = self.card_at(where)
        image = self._image(self.cards[at].shown) if at is not None else None
        return (self.cards[at].title, image) if at is not None and image is not None else None

    def sizeHint(self) -> QSize:
        return QSize(300, self._height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_on(painter, event.rect())

    def paint_on(
        self,
        painter: QPainter,
        seen: QRect,
        ground: QColor | str = theme.SHEET,
        ink: QColor | str = theme.TEXT,
        dim: QColor | str = theme.DIM,
        *,
        marks: bool = True,
    ) -> None:
        """Paint the cards that are in `seen`; `marks`: also which one is chosen, or dragged."""
        painter.fillRect(seen, QColor(ground))
        painter.setFont(self._words)
        if not self.cards:
            painter.setPen(theme.DIM)
            painter.drawText(
                self.rect().adjusted(12, 12, -12, -12),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                tr("Nothing is on the board yet.\nCtrl+Shift+B puts the selected unit here."),
            )
            return
        for at, card in enumerate(self.cards):
            if self.place(at).intersects(seen):
                self._paint_card(painter, at, card, QColor(ink), QColor(dim))
            if marks:
                self._mark(painter, at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.card_at(event.position().toPoint())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._carried = event.position().toPoint(), None
            self.picked.emit(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        where = event.position().toPoint()
        under = self.card_at(where)
        card = self.cards[under] if under is not None else None
        self.setToolTip(
            plain_tip(f"{card.title}\n{card.source}\n{card.scale}".strip())
            if card is not None
            else ""
        )
        if self._pressed is None:
            return
        if self._carried is None:
            far = (where - self._pressed).manhattanLength() >= QApplication.startDragDistance()
            self._carried = self.card_at(self._pressed) if far else None
        if self._carried is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        carried, self._carried, self._pressed = self._carried, None, None
        self.unsetCursor()
        to = self.card_at(event.position().toPoint())
        if carried is not None and to is not None and to != carried:
            self.moved.emit(carried, to)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self.card_at(event.position().toPoint())
        if at is not None:
            self.opened.emit(at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(self._height())
        alive = {id(card.shown) for card in self.cards if card.shown is not None}
        self._images = {key: kept for key, kept in self._images.items() if key in alive}

    def _height(self) -> int:
        rows = -(-max(1, len(self.cards)) // self.columns)
        return GAP + rows * (self.side + BELOW + LINES * self.line + GAP)

    def _paint_card(self, painter: QPainter, at: int, card: Card, ink: QColor, dim: QColor) -> None:
        box = self.place(at)
        metrics, high = painter.fontMetrics(), self.line
        mark = "❄ " if card.frozen else ""
        said = ((mark + tr(card.title), ink), (card.source, dim), (tr(card.scale), dim))
        for line, (text, colour) in enumerate(said):
            painter.setPen(colour)
            words = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, box.width())
            top = box.top() + line * high + (self.side + BELOW if line else 0)
            painter.drawText(
                QRect(box.left(), top, box.width(), high), Qt.AlignmentFlag.AlignVCenter, words
            )
        frame = QRectF(box.left(), box.top() + self.line, self.side, self.side)
        image = self._image(card.shown)
        if image is None:
            painter.fillRect(frame, theme.PANEL)
            painter.setPen(theme.DIM)
            problem = card.shown.problem if card.shown is not None else "…"
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(frame.adjusted(6, 6, -6, -6), flags, tr(problem))
        else:
            size = image.size().scaled(self.side, self.side, Qt.AspectRatioMode.KeepAspectRatio)
            corner = QPointF(
                frame.center().x() - size.width() / 2, frame.center().y() - size.height() / 2
            )
            smooth = image.width() > SMALL_MAP
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(QRectF(corner, size), image)

    def _mark(self, painter: QPainter, at: int) -> None:
        box = self.place(at)
        if at == self._carried:
            painter.fillRect(box, QColor(0, 0, 0, 120))
        if at == self.selected:
            painter.setPen(QPen(theme.OUTLINE, 1.5))
            frame = QRectF(box.left(), box.top() + self.line, self.side, self.side)
            painter.drawRect(frame.adjusted(-1, -1, 1, 1))

    def _image(self, shown: BoardPicture | None) -> QImage | None:
        if shown is None or shown.picture is None:
            return None
        kept = self._images.get(id(shown))
        if kept is None or kept[0] is not shown:
            kept = self._images[id(shown)] = (shown, to_image(shown.picture))
        return kept[1]
