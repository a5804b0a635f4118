"""A job under way on the thread that owns the model."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from nnvis.engine.protocol.job import Job, JobState
from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.progress import Steps

log = logging.getLogger(__name__)

NOTIFY_S = 1 / 15  # progress is told at most this often


class JobStep:
    """Steps through one job; `changed` is told of its progress and its end."""

    def __init__(self, job: Job, model: VisionModel, changed: Callable[[Job], None]) -> None:
        self.job, self._changed = job, changed
        self._steps = _begin(job, model)
        self._told_at = 0.0
        job.state = JobState.RUNNING

    def step_for(self, seconds: float) -> bool:
        """Step until `seconds` are over; return whether the job is still under way."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.step():
                return False
        return True

    def step(self) -> bool:
        """Take one step; return whether the job is still under way."""
        if self.job.cancel_requested:
            return self.finish(JobState.CANCELLED)
        try:
            self.job.progress = next(self._steps)
        except StopIteration as done:
            self.job.result = done.value
            return self.finish(JobState.DONE)
        except Exception as error:
            if not isinstance(error, UserError):
                log.exception("job %r failed", self.job.title)
            self.job.error = error.with_traceback(None)
            return self.finish(JobState.FAILED)
        if time.monotonic() - self._told_at > NOTIFY_S:
            self._told_at = time.monotonic()
            self._changed(self.job)
        return True

    def finish(self, state: JobState) -> bool:
        """End the job so; return False, as `step` does at an end."""
        self._steps.close()  # GeneratorExit at the yield: every `with` unwinds, hooks leave
        self.job.state = state
        self._changed(self.job)
        return False


def _begin(job: Job, model: VisionModel) -> Steps[Any]:
    """Call `job.start` inside the first step, so that its errors are the job's errors."""
    return (yield from job.start(model))
