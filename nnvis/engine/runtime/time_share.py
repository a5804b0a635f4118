"""How much of the thread's time a job that runs behind the live picture may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from nnvis.engine.protocol.job import Job

F = TypeVar("F")
STILL_S = 0.25  # without a frame for so long, nothing is live, and the job has all the time
SPARE = 0.5  # of the time in which the thread only waited for frames,
SHORT_S = 0.01  # where it waited longer than a busy line does between two of them


class TimeShare:
    """Saves up time at the job's share, and lets a step be taken when the last one is paid for.

    Half of the time in which the thread had nothing to do comes on top: a slow camera leaves more.
    Not so the moments between two frames of a source that is never slower than the network.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._saved = 0.0  # seconds
        self._cost = 0.0  # of the last step
        self._idle = 0.0  # since the last frame
        self._at = self._framed = clock()

    def waited(self, take: Callable[[float], F | None], timeout: float) -> F | None:
        """Wait for a frame; what is waited is half spare."""
        begin = self._clock()
        came = take(timeout)
        now = self._clock()
        if came is not None:
            self._framed = now
            self._idle += now - begin
            self._saved += SPARE * max(0.0, self._idle - SHORT_S)
            self._idle = 0.0
        else:
            self._idle += now - begin
        return came

    def wait(self) -> float:
        """Return how long to wait for a frame before a step may be due, in seconds."""
        return 0.0 if self.still else 0.01

    def step(self, job: Job, step: Callable[[], bool]) -> bool:
        """Take a step if one is due; return whether the job is still under way.

        A job that was cancelled may always take its last one.
        """
        now = self._clock()
        self._saved += (job.share or 0.0) * (now - self._at)
        self._at = now
        if not job.cancel_requested and (
            job.resting or (not self.still and self._saved < self._cost)
        ):
            self._saved = min(self._saved, self._cost)
            return True
        on = step()
        self._at = self._clock()
        spent = self._at - now
        self._saved = max(0.0, self._saved - spent)
        self._cost = spent
        return on

    @property
    def still(self) -> bool:
        """Whether no frame has come for a while."""
        return self._clock() - self._framed > STILL_S
