"""Long work as the rest of the program sees it."""

from __future__ import annotations

import enum
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nnvis.progress import Progress, Steps

_numbers = itertools.count(1)


class JobState(enum.Enum):
    """A job moves down this list and stops at one of the last three."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(eq=False)
class Job:
    """Written by the runner's thread only, except what is asked of it, from any thread.

    A job with a `share` runs behind the others, a step now and then; it can rest, and its share
    can be changed while it runs.
    """

    title: str
    start: Callable[[Any], Steps[Any]]  # takes the runner's VisionModel
    share: float | None = None  # of the thread's time while frames come; None: all that jobs have
    away: Any = None  # what a network in another process is asked instead; None: nothing
    number: int = field(default_factory=lambda: next(_numbers))
    state: JobState = JobState.QUEUED
    progress: Progress | None = None
    result: Any = None
    error: Exception | None = None
    _cancel: threading.Event = field(default_factory=threading.Event, repr=False)
    _rests: threading.Event = field(default_factory=threading.Event, repr=False)

    def cancel(self) -> None:
        """Ask for the end; it comes after the step under way."""
        self._cancel.set()

    @property
    def cancel_requested(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancel.is_set()

    def rest(self, on: bool) -> None:
        """Take no step until told otherwise; only for a job with a share."""
        if on:
            self._rests.set()
        else:
            self._rests.clear()

    @property
    def resting(self) -> bool:
        """Whether it takes no steps for now."""
        return self._rests.is_set()
