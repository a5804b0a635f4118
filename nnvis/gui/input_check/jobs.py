"""Keeps the page of the input true: compares every few seconds, at once when something changed."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Slot

from nnvis.engine.input_check import jobs as input_check
from nnvis.engine.protocol.input_report import InputReport
from nnvis.engine.protocol.request import Half
from nnvis.gui.input_check.page import InputCheckPage
from nnvis.gui.state.context import Context
from nnvis.gui.state.controller import Controller
from nnvis.gui.state.job_slot import JobSlot
from nnvis.models.info import is_attached

EVERY_S = 4.0
TICK_MS = 400


class InputCheckJobs(QObject):
    """One comparison at a time, only while the page is in sight."""

    def __init__(self, controller: Controller, page: InputCheckPage) -> None:
        super().__init__(page)
        self._controller, self._page = controller, page
        self.slot = JobSlot(controller, done=self._done, failed=self._failed)
        self._next = 0.0
        self._error = ""
        tick = QTimer(self, interval=TICK_MS)
        tick.timeout.connect(self._tick)
        tick.start()
        controller.view_state_changed.connect(self._tick)
        controller.answered.connect(self._tick)
        page.asked.connect(self.ask)

    @Slot()
    def ask(self) -> None:
        """Compare on the frame that is shown, as soon as one is."""
        self._next = 0.0
        self._tick()

    def _done(self, report: InputReport) -> None:
        self._next, self._error = time.monotonic() + EVERY_S, ""
        self._page.show_report(report)

    def _failed(self, line: str) -> None:
        self._next = time.monotonic() + EVERY_S
        if line != self._error:  # the same every few seconds is told once
            self._error = line
            self._controller.failed.emit(f"the truth panel cannot compare: {line}", "")

    def _tick(self) -> None:
        if not self._page.isVisible():
            return
        view_state, snapshot = self._controller.view_state, self._controller.last
        asked = view_state.request
        info = view_state.info
        attached = info is not None and is_attached(info.model_request.spec)
        half = Half.OFF if attached else asked.half
        layer = "" if half is Half.OFF else asked.layer  # what half precision changes in it
        question = (id(info), view_state.source, asked.fit, half, layer)
        if self.slot.ask(question):
            self._next, self._error = 0.0, ""
            self._page.show_waiting()
        if self.slot.busy or snapshot is None or time.monotonic() < self._next:
            return
        shown = snapshot.request
        answers = shown.fit == asked.fit and shown.half == half
        if view_state.match(snapshot).picture and answers and layer in ("", shown.layer):
            self.slot.submit(input_check.compare(snapshot))


def build(context: Context) -> InputCheckPage:
    """Return the page, kept true."""
    page = InputCheckPage(context)
    InputCheckJobs(context.controller, page)
    return page
