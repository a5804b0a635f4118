"""Pause, step, seek and loop, as far as the source allows."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnvis.engine.protocol.listener import SourceReport
from nnvis.gui.widgets.controls import icon_button, slider
from nnvis.gui.widgets.icons import put_icon
from nnvis.gui.widgets.layouts import vbox
from nnvis.gui.widgets.number_text import clock
from nnvis.gui.widgets.plain_text import PlainLabel
from nnvis.sources.source import Control, SourceState

TICKS = 1000  # steps of the slider


class Transport(QWidget):
    """Emits what is asked; shows what the source reports."""

    asked = Signal(object, float)  # Control, value

    def __init__(self, *before: QWidget) -> None:
        """Put `before` in front of the buttons, in the same row."""
        super().__init__()
        self._length = 0.0
        self._places = False  # the slider counts pictures, not seconds
        self.back = icon_button("back", "Previous picture or frame")
        self.pause = icon_button("pause", "Pause the source", checkable=True)
        self.forward = icon_button("forward", "Next picture or frame")
        self.loop = icon_button("loop", "Start again at the end", checkable=True)
        self.loop.setChecked(True)
        self.where = PlainLabel(kind="dim")
        self.seek = slider("Place in the source", TICKS)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget in before:
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.where)
        row.addSpacing(4)
        for button in (self.back, self.pause, self.forward, self.loop):
            row.addWidget(button)
        vbox(row, self.seek, gap=0, edge=0, of=self)
        for control in (self.back, self.pause, self.forward, self.loop, self.seek):
            control.hide()  # until a source has it
        self.back.clicked.connect(lambda: self.asked.emit(Control.STEP, -1.0))
        self.forward.clicked.connect(lambda: self.asked.emit(Control.STEP, 1.0))
        self.pause.toggled.connect(self._paused)
        self.loop.toggled.connect(lambda on: self.asked.emit(Control.LOOP, float(on)))
        self.seek.sliderMoved.connect(self._sought)
        self.seek.actionTriggered.connect(lambda _: self._sought(self.seek.sliderPosition()))

    def report(self, report: SourceReport, *, moves: bool = True) -> None:
        """Show the controls that the source has and, where the picture `moves`, where it is."""
        controls, status = report.controls, report.status
        steps = Control.STEP in controls
        self.back.setVisible(steps)
        self.forward.setVisible(steps)
        self.pause.setVisible(Control.PAUSE in controls)
        self.loop.setVisible(Control.LOOP in controls)
        self.seek.setVisible(Control.SEEK in controls and status.length > 0)
        paused = status.state is SourceState.PAUSED
        with QSignalBlocker(self.pause):
            self.pause.setChecked(paused)
        put_icon(self.pause, "play" if paused else "pause")
        self._length = status.length
        self._places = Control.PAUSE not in controls
        if not moves and status.length > 0:
            return
        if status.length <= 0:
            self.where.clear()
        elif self._places:
            self.where.setText(f"{status.position + 1:.0f} of {status.length:.0f}")
        else:
            self.where.setText(f"{clock(status.position)} / {clock(status.length)}")
        if status.length > 0 and not self.seek.isSliderDown():
            last = max(1e-9, status.length - 1 if self._places else status.length)
            with QSignalBlocker(self.seek):
                self.seek.setValue(round(TICKS * status.position / last))

    def _paused(self, on: bool) -> None:
        self.asked.emit(Control.PAUSE, float(on))

    def _sought(self, tick: int) -> None:
        last = self._length - 1 if self._places else self._length
        place = last * tick / TICKS
        self.asked.emit(Control.SEEK, round(place) if self._places else place)
