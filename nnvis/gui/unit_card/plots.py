"""Two small plots of the card: how the optimisation went, and where the unit stands now."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.gui.widgets import theme
from nnvis.gui.widgets.number_text import short
from nnvis.language import tr

MARGIN = 4.0
Span = tuple[float, float | None, float]  # least, now, most


class ActivationCurve(QWidget):
    """What the picture gave at each step, beside the most that streams have given so far."""

    def __init__(self) -> None:
        super().__init__()
        self._curve: tuple[float, ...] = ()
        self._total = 2
        self._seen: float | None = None
        self.index: float | None = None
        self.setAccessibleName(tr("Activation reached at each step"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, 74)

    def show_curve(self, curve: Sequence[float], total: int, seen: float | None) -> None:
        """Draw `curve` over `total` steps, and a dashed line at `seen`."""
        self._curve, self._total, self._seen = tuple(curve), max(total, 2), seen
        self.update()

    def show_index(self, most: float | None) -> None:
        """Draw a second dashed line at the most that an index's pictures give."""
        if most != self.index:
            self.index = most
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(0, MARGIN, 0, -MARGIN)
        painter.fillRect(QRectF(self.rect()), theme.SHEET)
        values = [value for value in self._curve if math.isfinite(value)]
        seen = self._seen
        index = self.index
        ends = [*values, *(one for one in (seen, index) if one is not None), 0.0]
        low, high = min(ends), max(ends)
        span = max(high - low, 1e-9)

        def y(value: float) -> float:
            return room.bottom() - (value - low) / span * room.height()

        for most, style in ((seen, Qt.PenStyle.DashLine), (index, Qt.PenStyle.DotLine)):
            if most is not None:
                painter.setPen(QPen(theme.DIM, 1, style))
                painter.drawLine(QPointF(0, y(most)), QPointF(room.right(), y(most)))
        step = room.width() / (self._total - 1)
        line = [QPointF(at * step, y(value)) for at, value in enumerate(values)]
        painter.setPen(QPen(theme.ACCENT, 1.6))
        painter.drawPolyline(QPolygonF(line))
        painter.setFont(theme.small(self.font(), 0.8))
        painter.setPen(theme.DIM)
        for most, whose, side in (
            (seen, "the most seen", Qt.AlignmentFlag.AlignRight),
            (index, "the index's most", Qt.AlignmentFlag.AlignLeft),
        ):
            if most is None:
                continue
            below = y(most) < self.height() / 2
            box = QRectF(6, y(most) + 2 if below else y(most) - 17, room.width() - 12, 15)
            painter.drawText(box, side, f"{tr(whose)} {short(most)}")


class StandPlot(QWidget):
    """A bar from the least to the most ever seen, filled to where the unit is now."""

    def __init__(self) -> None:
        super().__init__()
        self._span: Span | None = None
        self.index: float | None = None
        self.setAccessibleName(tr("Where the unit stands between the least and the most seen"))
        self.setToolTip(
            tr(
                "The mean of the unit's map: least and most in all streams that were shown with "
                "these weights, also before today, and in the pictures of the index"
            )
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, 32)

    def show_stand(self, span: Span | None) -> None:
        """Show least, now (None: not known yet) and most; None: nothing is known."""
        if span != self._span:
            self._span = span
            self.update()

    def show_index(self, most: float | None) -> None:
        """Let the bar reach to the most that an index's pictures give, where that is more."""
        if most != self.index:
            self.index = most
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, 4, self.width(), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.SHEET)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setFont(theme.small(self.font(), 0.8))
        line = QRectF(0, 14, self.width(), 16)
        if self._span is None:
            painter.setPen(theme.DIM)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, "…")
            return
        low, now, high = self._span
        beyond = self.index is not None and self.index > high
        if self.index is not None and beyond:
            high = self.index
        if now is None:
            self._write_ends(painter, line, low, high, beyond)
            return
        share = (now - low) / (high - low) if high > low else 0.5
        share = min(1.0, max(0.0, share)) if math.isfinite(share) else 0.5
        filled = QRectF(bar.left(), bar.top(), bar.width() * share, bar.height())
        painter.setBrush(theme.ACCENT)
        painter.drawRoundedRect(filled, 3, 3)
        self._write_ends(painter, line, low, high, beyond)
        painter.setPen(theme.TEXT)
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, tr(f"now {short(now)}"))

    def _write_ends(
        self, painter: QPainter, line: QRectF, low: float, high: float, beyond: bool
    ) -> None:
        painter.setPen(theme.DIM)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, tr(f"least {short(low)}"))
        most = f"most {short(high)}{' (index)' if beyond else ''}"
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, tr(most))
