"""The five strongest classes as bars, always in the same places."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnvis.engine.protocol.snapshot import Score, Snapshot
from nnvis.gui.state.view_state import Freshness
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import fill_ground
from nnvis.gui.widgets.number_text import MINUS, short
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.imaging.palette import SIGNED, negative_of, positive_of
from nnvis.language import tr

ROWS = 5
LEAST = 2  # rows that are seen where there is little room
MOST_LABELS = 256  # of which it is known how they are elided
RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
NO_CLASSES = "This network has no classes."
NO_OBJECTS = "Nothing is found in this picture."


class TopClasses(QWidget):
    """Rows keep their height whatever comes; long labels end in … and say all in a tool tip."""

    def __init__(self) -> None:
        super().__init__()
        self._top: tuple[Score, ...] = ()
        self._before: tuple[Score, ...] = ()  # of the same classes, with nothing switched off
        self._plain = False  # values of the network's own, no shares of one
        self._known = False
        self._signs = SIGNED
        self._labels: dict[tuple[str, int, int], str] = {}  # elided: by room and height of words
        self._nothing = NO_CLASSES  # what is said where there is no row
        self._stale = True
        self.setAccessibleName(tr("Strongest classes"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        fill_ground(self)

    @property
    def _row(self) -> int:
        """The height of a row, by that of its words."""
        return self.fontMetrics().height() + 11

    def sizeHint(self) -> QSize:
        return QSize(200, ROWS * self._row)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, LEAST * self._row)

    def show_snapshot(self, snapshot: Snapshot | None, match: Freshness) -> None:
        """Show the scores of a snapshot of the right model and source, else veil the old."""
        self._stale = not (match.picture and match.scores)
        if match.picture and snapshot is not None:
            self._top, self._known = snapshot.top[:ROWS], True
            self._nothing = NO_CLASSES
            if snapshot.objects is not None and not self._top:
                self._nothing = NO_OBJECTS
                self._top = tuple(
                    Score(one.label, one.name, one.score) for one in snapshot.objects.listed[:ROWS]
                )
            self._before = snapshot.unablated[:ROWS]
            self._signs = snapshot.request.shading.signed_colormap
            self._plain = not snapshot.info.squash
            self.setAccessibleDescription(
                ", ".join(f"{score.label} {score.probability:.0%}" for score in self._top)
            )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._known and not self._top:
            painter.setPen(theme.DIM)
            flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, tr(self._nothing))
            return
        painter.setOpacity(0.25 if self._stale else 1.0)
        metrics, high, width = painter.fontMetrics(), self._row, self.width()
        wide = metrics.horizontalAdvance("100.0 %") + 4
        for row in range(min(ROWS, self.height() // high)):
            top = row * high
            bar = QRectF(0, top + high - 8, width, 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.RAISED)
            painter.drawRoundedRect(bar, 2, 2)
            if row >= len(self._top):
                continue
            score = self._top[row]
            painter.setBrush(theme.ACCENT if row == 0 else theme.BAR)
            bar.setWidth(max(3.0, width * self._share(score)))
            painter.drawRoundedRect(bar, 2, 2)
            painter.setPen(theme.TEXT if row == 0 else theme.DIM)
            room = width - wide - (metrics.horizontalAdvance("+100.0") + 8 if self._before else 0)
            label = self._label(score.label, room)
            painter.drawText(0, top, room, high - 8, Qt.AlignmentFlag.AlignVCenter, label)
            now = short(score.probability) if self._plain else f"{100 * score.probability:.1f} %"
            painter.drawText(0, top, width, high - 8, RIGHT, now)
            if row < len(self._before) and not self._plain:
                self._paint_change(painter, row, score, wide)

    def _label(self, label: str, room: int) -> str:
        """Return `label` as far as there is room; most are the same as on the picture before."""
        key = (label, room, self._row)
        if key not in self._labels:
            if len(self._labels) >= MOST_LABELS:
                self._labels.clear()
            elide = Qt.TextElideMode.ElideRight
            self._labels[key] = self.fontMetrics().elidedText(label, elide, room)
        return self._labels[key]

    def _share(self, score: Score) -> float:
        """Of the bar that is full."""
        if not self._plain:
            return score.probability
        most = max(abs(one.probability) for one in self._top)
        return max(0.0, score.probability) / most if most else 0.0

    def _paint_change(self, painter: QPainter, row: int, score: Score, wide: int) -> None:
        """Mark where the class stood before units were switched off, and by how much it moved."""
        before = self._before[row].probability
        place = QRectF(max(0.0, self.width() * before - 1), (row + 1) * self._row - 11, 2, 10)
        painter.fillRect(place, theme.WARN)
        change = 100 * (score.probability - before)
        text = f"{'+' if change > 0 else MINUS}{abs(change):.1f}"
        colour = positive_of(self._signs) if change > 0 else negative_of(self._signs)
        painter.setPen(QColor(*colour) if abs(change) >= 0.05 else theme.DIM)
        painter.drawText(0, row * self._row, self.width() - wide - 4, self._row - 8, RIGHT, text)

    def class_at(self, at: QPoint) -> Score | None:
        """Return the class whose row is at this place."""
        row = at.y() // self._row
        return self._top[row] if 0 <= row < len(self._top) and not self._stale else None

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // self._row
            if row < len(self._top):
                score = self._top[row]
                value = f"{score.probability:.6g}" if self._plain else f"{score.probability:.2%}"
                text = f"class {score.index}: {score.label}, {value}"
                if row < len(self._before):
                    text += f"\nwith nothing switched off {self._before[row].probability:.2%}"
                QToolTip.showText(event.globalPos(), plain_tip(text), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
