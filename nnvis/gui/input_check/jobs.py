"""Keeps the truth panel true: compares every few seconds, and at once when something changed."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnvis.engine.input_check import jobs as truth
from nnvis.engine.protocol.job import Job, JobState
from nnvis.gui.input_check.page import InputCheckPage
from nnvis.gui.state.controller import Controller

EVERY_S = 4.0
TICK_MS = 400


class InputCheckJobs(QObject):
    """One comparison at a time, only while the panel is in sight."""

    failed = Signal(str, str)

    def __init__(self, controller: Controller, pane: InputCheckPage) -> None:
        super().__init__(pane)
        self._controller, self._pane = controller, pane
        self._job: Job | None = None
        self._of: tuple[object, ...] = ()  # what is shown, or asked for
        self._next = 0.0
        self._error = ""
        tick = QTimer(self, interval=TICK_MS)
        tick.timeout.connect(self._tick)
        tick.start()
        controller.view_state_changed.connect(self._tick)
        controller.looked.connect(self._tick)
        pane.asked.connect(self.ask)

    @Slot()
    def ask(self) -> None:
        """Compare on the frame that is shown, as soon as one is."""
        self._next = 0.0
        self._tick()

    @Slot(object)
    def follow(self, job: Job) -> None:
        """Take in that `job` has changed."""
        if job is not self._job or job.state in (JobState.QUEUED, JobState.RUNNING):
            return
        self._job = None
        self._next = time.monotonic() + EVERY_S
        if job.state is JobState.DONE and not job.cancel_requested:
            self._error = ""
            self._pane.show_truth(job.result)
        elif job.state is JobState.FAILED and f"{job.error}" != self._error:
            self._error = f"{job.error}"
            self.failed.emit(f"the truth panel cannot compare: {self._error}", "")

    def _tick(self) -> None:
        if not self._pane.isVisible():
            return
        view_state, snapshot = self._controller.view_state, self._controller.last
        of = (id(view_state.info), view_state.source, view_state.request.fit)
        if of != self._of:
            self._of, self._next, self._error = of, 0.0, ""
            self._pane.show_waiting()
            if self._job is not None:
                self._job.cancel()
                self._job = None
        if self._job is not None or snapshot is None or time.monotonic() < self._next:
            return
        if not view_state.match(snapshot).picture or snapshot.request.fit != view_state.request.fit:
            return
        self._job = truth.compare(snapshot)
        self._controller.session.submit(self._job)
