"""How the source is doing, and the handles it has: above whatever shows its pictures."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.engine.protocol.listener import SourceReport
from nnvis.gui.source.recent_strip import RecentStrip
from nnvis.gui.source.transport import Transport
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.plain_text import plain_tip
from nnvis.language import tr, translatable
from nnvis.sources.source import SourceState

_WORDS = {
    SourceState.LIVE: (translatable("live"), theme.GOOD),
    SourceState.STILL: (translatable("still"), theme.DIM),
    SourceState.PAUSED: (translatable("paused"), theme.WARN),
    SourceState.LOST: (translatable("lost, retrying"), theme.BAD),
    SourceState.ENDED: (translatable("ended"), theme.WARN),
}


class SourceStrip(QWidget):
    """Stays in sight in every workspace."""

    def __init__(self) -> None:
        super().__init__()
        self.badge = _Badge()
        self.transport = Transport(self.badge)
        self.recent = RecentStrip()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        vbox(self.transport, self.recent, edge=(12, 6, 2, 0), of=self)

    def report(self, report: SourceReport, *, frozen: bool) -> None:
        """Show the state of the source."""
        word, colour = _WORDS[report.status.state]
        note = report.status.note
        if frozen:
            word, colour = translatable("frozen"), theme.ACCENT
        elif note and report.status.state is not SourceState.STILL:
            word = note if len(note) < 34 else word
        self.badge.set_state(word, colour, f"{report.title}\n{note}".strip())
        self.transport.report(report, moves=not frozen)

    def hangs(self, note: str) -> None:
        """Say that the source does not come back."""
        self.badge.set_state(note, theme.BAD, "The device or its driver hangs; try another source")


class _Badge(QWidget):
    """A dot and a word: never the colour alone."""

    def __init__(self) -> None:
        super().__init__()
        self._word, self._colour = "", theme.DIM
        self.setAccessibleName(tr("State of the source"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_state(self, word: str, colour: QColor, tip: str) -> None:
        self._word, self._colour = tr(word), colour
        self.setToolTip(plain_tip(tip))
        self.setAccessibleDescription(self._word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._word) + 16, metrics.height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._word:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawEllipse(1, self.height() // 2 - 4, 8, 8)
        painter.setPen(theme.TEXT)
        box = self.rect().adjusted(15, 0, 0, 0)
        text = painter.fontMetrics().elidedText(
            self._word, Qt.TextElideMode.ElideRight, box.width()
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
