"""How fast pictures come, what is selected and hovered, and what is being worked on."""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.gui.state.unit_text import describe_unit
from nnvis.gui.state.view_state import ViewState
from nnvis.gui.widgets.layouts import fill_ground
from nnvis.gui.widgets.plain_text import PlainLabel, plain_tip
from nnvis.language import tr, verbatim

WINDOW_S = 2.0  # over which frames per second are counted
TOLD_MS = 250  # numbers change so often, that they can be read


class StatusLine(QFrame):
    """Every number keeps its place; `cancelled` is the button beside the progress bar."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self._shown: deque[float] = deque()  # when pictures came to the screen
        self._age = self._model = 0.0
        self._live = False
        self._watched = True
        self._hovered: int | None = None
        self._snapshot: Snapshot | None = None
        self.rate = _fixed("999.9 pictures/s", "Pictures shown in a second")
        self.model = _fixed("model 9999.9 ms", "The network on one picture, with what views add")
        self.age = _fixed("age 9999 ms", "From the camera to the screen")
        self.dropped = _fixed("dropped 999999", "Frames for which the network had no time")
        self.where = PlainLabel()
        self.hover = PlainLabel()
        self.hover.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.task = PlainLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setFixedSize(120, 4)
        self.cancel = QToolButton()
        self.cancel.setText(tr("Cancel"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 3, 12, 3)
        layout.setSpacing(14)
        for label in (self.rate, self.model, self.age, self.dropped):
            layout.addWidget(label)
        layout.addWidget(self.where)
        layout.addWidget(self.hover, 1)
        for widget in (self.task, self.bar, self.cancel):
            layout.addWidget(widget)
            widget.hide()
        self.cancel.clicked.connect(self.cancelled)
        timer = QTimer(self, interval=TOLD_MS)
        timer.timeout.connect(self._tell)
        timer.start()

    def add(self, widget: QWidget) -> None:
        """Let something else stand at the right."""
        layout = self.layout()
        assert layout is not None
        layout.addWidget(widget)

    def set_view_state(self, view_state: ViewState) -> None:
        """Name the unit that is selected."""
        request = view_state.request
        named = verbatim(f"{request.layer}:{request.unit}" if request.layer else "")
        self.where.setText(named)
        self.where.setToolTip(plain_tip(named))

    def set_hovered(self, unit: int | None) -> None:
        """Name the unit under the pointer, None for none."""
        self._hovered = unit
        self._tell_hovered()

    def count(self, snapshot: Snapshot, at: float, *, live: bool) -> None:
        """Note that `snapshot` came to the screen at `at` (time.monotonic())."""
        self._snapshot, self._live = snapshot, live
        self._shown.append(at)
        self._age = at - snapshot.frame.time
        self._model = snapshot.timings.model
        if self._hovered is not None:
            self._tell_hovered()

    def set_watched(self, on: bool) -> None:
        """Say whether the picture is on the screen: the numbers are about what is seen there."""
        self._watched = on
        self._shown.clear()
        self._tell()

    def set_dropped(self, count: int) -> None:
        """Show how many frames of this source the network left out."""
        self.dropped.setText(tr(f"dropped {count}"))

    def show_task(self, text: str, done: int = 0, total: int = 0, *, cancel: bool = False) -> None:
        """Show what is being worked on; "" when it is over. `total` 0 means unknown."""
        for widget in (self.task, self.bar):
            widget.setVisible(bool(text))
        self.cancel.setVisible(bool(text) and cancel)
        self.task.setText(
            self.task.fontMetrics().elidedText(tr(text), Qt.TextElideMode.ElideRight, 320)
        )
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def _tell(self) -> None:
        if not self._watched:
            for label in (self.rate, self.model, self.age):
                label.setText("")
            return
        now = time.monotonic()
        while len(self._shown) > 2 and self._shown[0] < now - WINDOW_S:
            self._shown.popleft()
        if not self._live or len(self._shown) < 2:
            self.rate.setText(tr("still") if self._snapshot is not None and not self._live else "")
            self.age.setText("")
        else:
            rate = (len(self._shown) - 1) / max(1e-6, now - self._shown[0])
            self.rate.setText(tr(f"{rate:.1f} pictures/s"))
            self.age.setText(tr(f"age {1000 * self._age:.0f} ms"))
        self.model.setText(tr(f"model {1000 * self._model:.1f} ms") if self._snapshot else "")

    def _tell_hovered(self) -> None:
        snapshot, unit = self._snapshot, self._hovered
        known = snapshot is not None and unit is not None and unit < snapshot.layer.units
        self.hover.setText(describe_unit(snapshot, unit, "   ") if known else "")  # type: ignore[arg-type]


def _fixed(widest: str, tip: str) -> QLabel:
    label = PlainLabel()
    fill_ground(label)
    label.setToolTip(plain_tip(tip))
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance(tr(widest)))
    return label
