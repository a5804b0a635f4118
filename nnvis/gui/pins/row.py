"""One pinned unit: its name, its value, its last ten seconds."""

from __future__ import annotations

import math
from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnvis.engine.protocol.observations import PinReading
from nnvis.engine.protocol.observe import Pin
from nnvis.gui.widgets import theme
from nnvis.gui.widgets.controls import icon_button
from nnvis.gui.widgets.elided_label import ElidedLabel
from nnvis.gui.widgets.layouts import hbox, vbox
from nnvis.gui.widgets.number_text import short
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.language import tr

SECONDS = 10.0


class PinRow(QWidget):
    """A click on the name goes to the unit."""

    chosen = Signal(object)  # Pin
    removed = Signal(object)  # Pin

    def __init__(self, pin: Pin) -> None:
        super().__init__()
        self.pin = pin
        self.name = _Name()
        self.value = PlainLabel("…")
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.usual = ElidedLabel(kind="dim")
        self.trace = PinTrace()
        close = icon_button("close", "Unpin")
        top = hbox((self.name, 1), self.value, close, gap=6)
        vbox(top, self.trace, self.usual, gap=1, edge=(0, 0, 0, 4), of=self)
        self.name.clicked.connect(lambda: self.chosen.emit(self.pin))
        close.clicked.connect(lambda: self.removed.emit(self.pin))

    def show_look(self, look: PinReading, at: float | None, sigmas: float) -> None:
        """Add what the unit did at `at` (time.monotonic()); None: of a frame of before."""
        self.value.setText(short(look.highest))
        level = look.level(sigmas) if look.armed and sigmas > 0 else math.nan
        if look.armed:
            fires = f", fires above {short(level)}" if math.isfinite(level) else ""
            self.usual.say(f"usually {short(look.expected)} ± {short(look.sigma)}{fires}")
        else:
            self.usual.say(f"learning what is usual: {look.frames} frames")
        if at is not None:
            self.trace.add(at, look.highest, level)

    def forget(self) -> None:
        """Begin the trace anew."""
        self.value.setText("…")
        self.usual.say("")
        self.trace.clear_points()


class PinTrace(QWidget):
    """The highest value of the unit's map; the dashed line is where the trigger fires."""

    def __init__(self) -> None:
        super().__init__()
        self._points: deque[tuple[float, float]] = deque()
        self._level = math.nan
        self.setAccessibleName(tr("The pinned unit over the last ten seconds"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def points(self) -> list[tuple[float, float]]:
        """(time, value) of what is drawn."""
        return list(self._points)

    def sizeHint(self) -> QSize:
        return QSize(200, 42)

    def add(self, at: float, value: float, level: float) -> None:
        self._points.append((at, value))
        self._level = level
        while self._points[0][0] < at - SECONDS:
            self._points.popleft()
        self.update()

    def clear_points(self) -> None:
        self._points.clear()
        self._level = math.nan
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        painter.fillRect(box, theme.SHEET)
        values = [value for _at, value in self._points if math.isfinite(value)]
        if not values:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        reach = [*values, *([self._level] if math.isfinite(self._level) else []), 0.0]
        low, high = min(reach), max(reach)
        span = (high - low) or 1.0
        now = self._points[-1][0]

        def y(value: float) -> float:
            return box.bottom() - 3 - (value - low) / span * (box.height() - 6)

        if math.isfinite(self._level):
            painter.setPen(QPen(theme.WARN, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(0, y(self._level)), QPointF(box.width(), y(self._level)))
        painter.setPen(QPen(theme.ACCENT, 1.4))
        line = [
            QPointF(box.width() * (1 + (at - now) / SECONDS), y(value))
            for at, value in self._points
            if math.isfinite(value)
        ]
        painter.drawPolyline(QPolygonF(line))


class _Name(ElidedLabel):
    clicked = Signal()

    def __init__(self) -> None:
        super().__init__(Qt.TextElideMode.ElideMiddle)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
