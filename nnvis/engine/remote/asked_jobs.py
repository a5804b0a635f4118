"""Jobs of a window whose network is in another process: asked there, one after another."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.remote import messages
from nnvis.engine.remote.messages import Found, SearchStage
from nnvis.engine.remote.wire import WireError, pack, unpack
from nnvis.errors import UserError
from nnvis.progress import Progress

_HERE = "this needs the network itself, which runs in another process; open the model here for it"


class AskedJobs:
    """`submit` is for any thread, all else for the one that has the line."""

    def __init__(self, changed: Callable[[Job], None]) -> None:
        self._changed = changed
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._job: Job | None = None

    def submit(self, job: Job) -> Job:
        """Queue what the other process does; refuse anything else."""
        if job.away is None:
            job.error, job.state = UserError(_HERE), JobState.FAILED
            self._changed(job)
        else:
            self._waiting.put(job)
        return job

    def turn(self, send: Callable[[bytes, list[Any]], object]) -> None:
        """Ask for the next job, or take back one that nobody wants any longer."""
        if self._job is not None and self._job.cancel_requested:
            send(messages.LEAVE, [])
            self._end(JobState.CANCELLED)
        if self._job is None and not self._waiting.empty():
            job = self._job = self._waiting.get()
            job.state = JobState.RUNNING
            each = max(1, job.away.pictures[:1].nbytes)
            some = job.away.pictures[: messages.MOST_GUEST_BYTES // each]
            send(messages.FIND, pack(replace(job.away, pictures=some, number=job.number)))

    def heard(self, kind: bytes, parts: list[bytes]) -> None:
        """Take an answer to the job that is asked for."""
        job = self._job
        if job is None:
            return
        try:
            if kind == messages.FOUND:
                found = unpack(Found, parts)
                if found.number == job.number:
                    job.result = found.found
                    self._end(JobState.DONE)
                return
            told = unpack(SearchStage, parts)
        except WireError as error:
            self.fail(f"what came back cannot be read ({error})")
            return
        if told.number != job.number:
            return
        if kind == messages.LOST:
            self.fail(told.note)
        else:
            job.progress = Progress(told.done, told.total, told.note)
            self._changed(job)

    def fail(self, why: str) -> None:
        """End the job that is asked for."""
        if self._job is not None:
            self._job.error = UserError(why)
            self._end(JobState.FAILED)

    def close(self) -> None:
        """Cancel all: nothing stays queued."""
        while self._job is not None or not self._waiting.empty():
            self._job = self._job or self._waiting.get()
            self._end(JobState.CANCELLED)

    def _end(self, state: JobState) -> None:
        job, self._job = self._job, None
        assert job is not None
        job.state = state
        self._changed(job)
