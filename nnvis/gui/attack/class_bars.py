"""The strongest classes of the clean or of the attacked picture, in few lines."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnvis.engine.protocol.snapshot import Score
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr

ROWS = 5
GAP = 4  # points below the words of a row, for its bar
PLAIN = theme.BAR


class ClassBars(QWidget):
    """Rows keep their places; a class has the same colour in both."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.top: tuple[Score, ...] = ()
        self.stale = True
        self._colours: Mapping[int, QColor] = {}
        self.setAccessibleName(tr(name))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def _words(self) -> QFont:
        return theme.small(self.font(), 0.92)

    @property
    def _row(self) -> int:
        """The height of a row, by that of its words."""
        return max(16, QFontMetrics(self._words).height()) + GAP

    def sizeHint(self) -> QSize:
        return QSize(120, ROWS * self._row)

    def show_scores(self, top: tuple[Score, ...], colours: Mapping[int, QColor]) -> None:
        """Show `top`; classes that are in `colours` stand out."""
        self.top, self._colours, self.stale = top[:ROWS], colours, False
        self.setAccessibleDescription(
            ", ".join(f"{score.label} {score.probability:.0%}" for score in self.top)
        )
        self.update()

    def set_stale(self) -> None:
        """Veil the scores until the next ones."""
        self.stale = True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(0.25 if self.stale else 1.0)
        painter.setFont(self._words)
        metrics, high = painter.fontMetrics(), self._row
        wide = metrics.horizontalAdvance("100.0 %") + 4
        middle = Qt.AlignmentFlag.AlignVCenter
        for row in range(ROWS):
            top, width = row * high, self.width()
            bar = QRectF(0, top + high - GAP, width, 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.RAISED)
            painter.drawRoundedRect(bar, 1.5, 1.5)
            if row >= len(self.top):
                continue
            score = self.top[row]
            strong = self._colours.get(score.index)
            painter.setBrush(strong or PLAIN)
            bar.setWidth(max(2.0, width * score.probability))
            painter.drawRoundedRect(bar, 1.5, 1.5)
            painter.setPen(strong or theme.DIM)
            label = metrics.elidedText(score.label, Qt.TextElideMode.ElideRight, width - wide)
            painter.drawText(0, top, width - wide, high - GAP, middle, label)
            painter.setPen(theme.TEXT if strong else theme.DIM)
            right = middle | Qt.AlignmentFlag.AlignRight
            painter.drawText(0, top, width, high - GAP, right, f"{100 * score.probability:.1f} %")

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // self._row
            if row < len(self.top):
                score = self.top[row]
                text = f"class {score.index}: {score.label}, {score.probability:.2%}"
                QToolTip.showText(event.globalPos(), plain_tip(text), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
