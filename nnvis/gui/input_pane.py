"""The input as the network sees it, and how its source is doing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnvis.engine.listener import SourceReport
from nnvis.engine.snapshot import Snapshot
from nnvis.gui import theme
from nnvis.gui.elided import ElidedLabel
from nnvis.gui.numbers import TIMES
from nnvis.gui.picture_pane import PicturePane
from nnvis.gui.transport import Transport
from nnvis.gui.wanted import Match
from nnvis.sources.source import State

_WORDS = {
    State.LIVE: ("live", theme.GOOD),
    State.STILL: ("still", theme.DIM),
    State.PAUSED: ("paused", theme.WARN),
    State.LOST: ("lost, retrying", theme.BAD),
    State.ENDED: ("ended", theme.WARN),
}


class InputPane(QWidget):
    """Mirroring changes the display only, and says so."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = PicturePane("Input as the network sees it", least=120)
        self.badge = _Badge()
        self.size_text = QLabel()
        self.size_text.setObjectName("dim")
        self.caption = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.caption.setObjectName("dim")
        self.transport = Transport()
        self.transport.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.badge)
        head.addStretch(1)
        head.addWidget(self.size_text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(head)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.caption)
        layout.addWidget(self.transport)

    def look(self, snapshot: Snapshot | None, match: Match) -> None:
        """Show what the network was fed, if it is of the source and model in use."""
        if snapshot is None or not match.picture:
            self.picture.set_stale()
            self.caption.say("…" if snapshot is not None else "")
            return
        self.picture.show_picture(snapshot.fed)
        height, width = snapshot.fed.shape[:2]
        self.size_text.setText(f"{width}{TIMES}{height}, {snapshot.selection.fit}")
        self.size_text.setToolTip(snapshot.card.preprocessing)
        self.caption.say(snapshot.frame.label)

    def report(self, report: SourceReport, *, frozen: bool) -> None:
        """Show the state of the source."""
        word, colour = _WORDS[report.status.state]
        note = report.status.note
        if frozen:
            word, colour = "frozen", theme.ACCENT
        elif note and report.status.state is not State.STILL:
            word = note if len(note) < 34 else word
        self.badge.set_state(word, colour, f"{report.title}\n{note}".strip())
        self.transport.report(report)

    def hangs(self, note: str) -> None:
        """Say that the source does not come back."""
        self.badge.set_state(note, theme.BAD, "The device or its driver hangs; try another source")

    def set_mirrored(self, on: bool) -> None:
        """Exchange left and right on the screen, not for the network."""
        self.picture.set_mirrored(on)
        self.picture.set_note("display mirrored" if on else "")


class _Badge(QWidget):
    """A dot and a word: never the colour alone."""

    def __init__(self) -> None:
        super().__init__()
        self._word, self._colour = "", theme.DIM
        self.setAccessibleName("State of the source")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_state(self, word: str, colour: QColor, tip: str) -> None:
        self._word, self._colour = word, colour
        self.setToolTip(tip)
        self.setAccessibleDescription(word)
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
