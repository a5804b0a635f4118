"""A place for one job at a time: what comes from a job that was replaced is not heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnvis.engine.protocol.job import Job, JobState
from nnvis.errors import in_window
from nnvis.gui.state.controller import Controller
from nnvis.progress import Progress

RUNS = (JobState.QUEUED, JobState.RUNNING)


class JobSlot:
    """Follows the job that was submitted last from its queue to its end.

    `done` gets the result, `progressed` each step and, at the end, None. An error is told on the
    banner, or by `failed`; `cancelled` is called where the job came to its end because of that.
    The result of a job that was cancelled too late is left out, unless `keeps_late`: files that
    are there are told of.
    """

    def __init__(
        self,
        controller: Controller,
        *,
        done: Callable[[Any], object],
        progressed: Callable[[Progress | None], object] = lambda _step: None,
        failed: Callable[[str], object] | None = None,
        cancelled: Callable[[], object] = lambda: None,
        keeps_late: bool = False,
    ) -> None:
        self._controller = controller
        self._done, self._progressed = done, progressed
        self._failed = failed or (lambda line: controller.failed.emit(line, ""))
        self._cancelled, self._keeps_late = cancelled, keeps_late
        self._step: Progress | None = None
        self.job: Job | None = None
        self.question: object = None  # what the job answers, or has answered

    @property
    def busy(self) -> bool:
        """Whether a job has not come to its end."""
        return self.job is not None

    def submit(self, job: Job) -> None:
        """Let the engine do `job` in place of the one before."""
        self.follow(job, lambda: self._controller.session.submit(job))

    def follow(self, job: Job, begin: Callable[[], object] = lambda: None) -> None:
        """Hear of `job`, which something else has begun or `begin` begins."""
        self.forget()
        self.job, self._step = job, None
        self._controller.bridge.follow(job, self._heard)
        self._progressed(Progress(0, 0, "waiting"))
        begin()
        if job.state not in RUNS:  # it is over already
            self._heard(job)

    def cancel(self) -> None:
        """End the job after the step under way; its end is still told."""
        if self.job is not None:
            self.job.cancel()

    def forget(self) -> None:
        """Cancel the job, and hear no more of it."""
        if self.job is not None:
            self.job.cancel()
            self.job = None
            self._progressed(None)

    def ask(self, question: object) -> bool:
        """Forget what answers another question; tell whether it was another one."""
        if question == self.question:
            return False
        self.question = question
        self.forget()
        return True

    def _heard(self, job: Job) -> None:
        if job is not self.job:
            return
        step = job.progress
        if step is not None and step is not self._step:
            self._step = step
            self._progressed(step)
        if job.state in RUNS:
            return
        self.job = None
        self._progressed(None)
        if job.state is JobState.FAILED:
            self._failed(in_window(job.error or ""))
        elif job.state is JobState.DONE and (self._keeps_late or not job.cancel_requested):
            self._done(job.result)
        else:
            self._cancelled()
