"""Units by name with a number each; a click goes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.keys import ARROWS, PRESS, KeepKeys
from nnvis.gui.widgets.number_text import short
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.imaging.palette import negative_of, positive_of
from nnvis.language import tr

ROW = 21


@dataclass(frozen=True, slots=True)
class UnitListEntry:
    """One line."""

    layer: str
    unit: int
    text: str
    value: float


class UnitList(QWidget):
    """A bar for each, from the middle where values have both signs; rows keep their places.

    Values that can have either sign are told by `show_signs`; their bars have the signs' colours.
    """

    chosen = Signal(str, int)  # layer, unit

    def __init__(self, name: str, rows: int) -> None:
        super().__init__()
        self._rows, self._entries = rows, tuple[UnitListEntry, ...]()
        self._at: int | None = None
        self._signs: tuple[QColor, QColor] | None = None  # of negative and positive values
        self._top = 0.0  # what a whole bar stands for; 0: the largest
        self.setAccessibleName(tr(name))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        KeepKeys(self, ARROWS | PRESS)

    @property
    def entries(self) -> tuple[UnitListEntry, ...]:
        """What is shown."""
        return self._entries

    def sizeHint(self) -> QSize:
        return QSize(200, ROW * max(1, min(self._rows, len(self._entries))))

    def show_entries(self, entries: Sequence[UnitListEntry], top: float = 0.0) -> None:
        """Show `entries`, the strongest first; `top` is the value of a whole bar."""
        other = len(entries) != len(self._entries)
        self._entries, self._top = tuple(entries[: self._rows]), top
        self.setAccessibleDescription(
            ", ".join(f"{tr(one.text)} {short(one.value)}" for one in self._entries)
        )
        if other:
            self.updateGeometry()
        self.update()

    def show_signs(self, colormap: str) -> None:
        """Colour the bars as the map of signed values has it."""
        self._signs = QColor(*negative_of(colormap)), QColor(*positive_of(colormap))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = painter.fontMetrics()
        bar, number = self._columns()
        signed = any(one.value < 0 for one in self._entries)
        top = self._top or max((abs(one.value) for one in self._entries), default=1.0) or 1.0
        for row, one in enumerate(self._entries):
            box = QRectF(0, row * ROW, self.width(), ROW)
            if row == self._at:
                painter.fillRect(box, theme.HOVER)
            share = min(1.0, abs(one.value) / top)
            painter.fillRect(QRectF(0, box.top() + 7, bar, 7), theme.RAISED)
            zero, reach = (bar / 2, bar / 2) if signed else (0.0, bar)
            negative, positive = self._signs or (theme.ACCENT, theme.ACCENT)
            colour = positive if one.value >= 0 else negative
            left = zero if one.value >= 0 else zero - share * reach
            painter.fillRect(QRectF(left, box.top() + 7, max(1.0, share * reach), 7), colour)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(theme.DIM)
            value = QRectF(bar + 4, box.top(), number, ROW)
            painter.drawText(value, middle | Qt.AlignmentFlag.AlignRight, short(one.value))
            painter.setPen(theme.TEXT)
            room = QRectF(self.width() - self.name_room, box.top(), self.name_room, ROW)
            text = metrics.elidedText(tr(one.text), Qt.TextElideMode.ElideMiddle, int(room.width()))
            painter.drawText(room, middle, text)
        if self.hasFocus() and self._entries and self._at is None:
            painter.setPen(theme.ACCENT)
            painter.drawRect(QRectF(0, 0, self.width() - 1, ROW - 1))

    @property
    def name_room(self) -> int:
        """How wide a name may be."""
        return self.width() - sum(self._columns()) - 14

    def _columns(self) -> tuple[int, int]:
        """Return how wide bars and values are; names need the most room."""
        values = [short(one.value) for one in self._entries]
        number = max(map(self.fontMetrics().horizontalAdvance, values), default=0) + 6
        return min(70, round(0.22 * self.width())), number

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(int(event.position().y() // ROW))

    def leaveEvent(self, event: object) -> None:
        self._point(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(int(event.position().y() // ROW))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and self._entries:
            last = len(self._entries) - 1
            self._point(0 if self._at is None else max(0, min(last, self._at + step)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._at or 0)
        else:
            super().keyPressEvent(event)

    def _point(self, row: int | None) -> None:
        known = row if row is not None and row < len(self._entries) else None
        if known != self._at:
            self._at = known
            self.setToolTip(plain_tip(self._entries[known].text if known is not None else ""))
            hand = known is not None
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor
            )
            self.update()

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._entries):
            self.chosen.emit(self._entries[row].layer, self._entries[row].unit)
