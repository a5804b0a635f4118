"""The labs that run, wait and have run: one child process at a time, results kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from nnvis.engine.lab_process import Ended, LabRequest, LabRun, last_record
from nnvis.gui.state.background_task import BackgroundTask
from nnvis.labs.framework.outcome import LabProgress
from nnvis.labs.framework.record import Record
from nnvis.labs.registry import EVERY
from nnvis.progress import Progress

log = logging.getLogger(__name__)
EARLY_S = 2.0  # before that nobody knows how long it takes


@dataclass
class LabState:
    """What is known of one lab."""

    record: Record | None = None
    folder: Path | None = None
    waiting: LabRequest | None = None
    running: bool = False
    begun: float = 0.0
    step: Progress | None = None
    panel: str = ""  # whose curves grow
    failure: str = ""
    cancelled: bool = False

    def left(self, now: float) -> float | None:
        """Return the seconds that the run will still take at its pace so far, None if unknown."""
        step = self.step
        if not self.running or step is None or not step.total or not step.done:
            return None
        gone = now - self.begun
        return gone * (step.total - step.done) / step.done if gone > EARLY_S else None


class LabJobs(QObject):
    """Starts, follows and ends runs; tells the name of the lab of which there is news."""

    changed = Signal(str)
    failed = Signal(str, str)  # one line, details
    _message_came = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        launch: Callable[[LabRequest, Callable[[], None]], LabRun] = LabRun,
    ) -> None:
        super().__init__(parent)
        self._launch = launch
        self.states = {name: LabState() for name in EVERY}
        self._run: LabRun | None = None
        self._before: tuple[Record | None, Path | None] = (None, None)
        self._message_came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self.memory = BackgroundTask("nnvis-labs-kept", _kept, self)
        self.memory.answered.connect(self._recalled)

    @property
    def running(self) -> str:
        """The lab that runs, empty if none does."""
        return self._run.order.name if self._run is not None else ""

    def run(self, order: LabRequest) -> None:
        """Run a lab, after those that wait."""
        state = self.states[order.name]
        if state.running or state.waiting is not None:
            return
        state.waiting = order
        state.failure, state.cancelled = "", False
        self.changed.emit(order.name)
        self._next()

    def cancel(self, name: str) -> None:
        """End the run of this lab, or let it wait no longer."""
        state = self.states[name]
        state.waiting = None
        if self._run is not None and self._run.order.name == name:
            self._run.cancel()
        self.changed.emit(name)

    def close(self, timeout: float = 5.0) -> list[str]:
        """End the child and let nothing wait; return the names of threads that did not end."""
        for state in self.states.values():
            state.waiting = None
        run, self._run = self._run, None
        return [] if run is None or run.close(timeout) else ["nnvis-lab"]

    def _next(self) -> None:
        if self._run is not None:
            return
        for name, state in self.states.items():
            order = state.waiting
            if order is None:
                continue
            state.waiting = None
            try:
                self._run = self._launch(order, self._message_came.emit)
            except OSError as error:
                state.failure = f"the lab {name} cannot be started: {error.strerror or error}"
                self.failed.emit(state.failure, "")
                continue
            self._before = (state.record, state.folder)
            state.record = Record(name, order.data, order.seeds, dict(order.values), order.quick)
            state.folder = order.out
            state.running, state.begun, state.step = True, time.monotonic(), None
            state.panel = ""
            self.changed.emit(name)
            return

    @Slot()
    def _take(self) -> None:
        if self._run is None:
            return
        name = self._run.order.name
        state = self.states[name]
        ended: Ended | None = None
        for message in self._run.take():
            if isinstance(message, Ended):
                ended = message
            else:
                state.step = message
                if isinstance(message, LabProgress) and message.points:
                    state.panel = message.points[0].panel
                if state.record is not None:
                    state.record.take(message)
                    state.record.seconds = time.monotonic() - state.begun
        if ended is not None:
            self._end(state, ended)
        self.changed.emit(name)
        if ended is not None:
            self._next()

    def _end(self, state: LabState, ended: Ended) -> None:
        run, self._run = self._run, None
        assert run is not None
        state.running = False
        state.cancelled, state.failure = ended.cancelled, ended.failure
        if ended.failure:
            self.failed.emit(f"{EVERY[run.order.name].title}: {ended.failure}", "")
        if (ended.failure or ended.cancelled) and self._before[0] is not None:
            state.record, state.folder = self._before  # what was found before is still true
        elif not ended.failure and not ended.cancelled:
            self.memory.start()  # the outcome was written by the child

    @Slot(object)
    def _recalled(self, kept: dict[str, tuple[Record, Path]]) -> None:
        for name, (record, folder) in kept.items():
            state = self.states[name]
            if not state.running:
                state.record, state.folder = record, folder
                self.changed.emit(name)


def _kept() -> dict[str, tuple[Record, Path]]:
    found = {name: last_record(name) for name in EVERY}
    return {name: one for name, one in found.items() if one is not None}
