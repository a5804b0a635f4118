"""The one thread that owns the model."""

from __future__ import annotations

import atexit
import gc
import logging
import queue
import sys
import threading
import time
from functools import partial
from typing import Protocol

import torch

from nnvis.engine.live.frame_loop import FrameLoop
from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.request import Request
from nnvis.engine.runtime.free_cores import FreeCores
from nnvis.engine.runtime.job_step import JobStep
from nnvis.engine.runtime.threads import THREADS
from nnvis.engine.runtime.time_share import TimeShare
from nnvis.errors import UserError
from nnvis.heaps import HeapKeeper
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, drain

log = logging.getLogger(__name__)

JOB_SLICE_S = 0.02  # how long jobs may hold the thread between two looks
UNSEEN = 9  # times as long as a look, at most _UNSEEN_S, while nobody sees what is looked at
_UNSEEN_S = 0.5
_spared = [0]  # modules that were loaded when the collector was last told to spare them
IDLE_S = 0.05  # without a frame for so long, the picture is taken to be still


class Owner(Protocol):
    """Whom a runner tells; called on its thread, must return at once."""

    def runner_loading(self, runner: Runner, progress: Progress) -> None: ...
    def runner_ready(self, runner: Runner, frame_loop: FrameLoop) -> None: ...
    def runner_failed(self, runner: Runner, error: Exception) -> None: ...
    def snapshot_ready(self) -> None: ...
    def runner_warned(self, runner: Runner, message: str) -> None: ...
    def job_changed(self, job: Job) -> None: ...


class Runner:
    """Loads its model; then each turn: look at the newest frame, step the current job for a moment.

    The model is a local variable of `run`, so that no other thread can reach it; another model
    is another Runner.
    """

    def __init__(self, model_request: ModelRequest, owner: Owner, request: Request) -> None:
        self.model_request = model_request
        self.frame_loop: FrameLoop | None = None  # once the model is there
        self._request = request
        self.unseen = False  # a workspace stands in place of the picture
        self._owner = owner
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._behind: queue.SimpleQueue[Job] = queue.SimpleQueue()  # those with a share
        self._stopping = threading.Event()

    def submit(self, job: Job) -> Job:
        """Queue `job`; jobs run one after another, those with a share behind the others."""
        (self._waiting if job.share is None else self._behind).put(job)
        self._wake()
        return job

    def ask_to_stop(self) -> None:
        """Stop after the step under way; nothing is told after this but the end of its jobs."""
        self._stopping.set()
        self._wake()

    def _wake(self) -> None:
        if self.frame_loop is not None:
            self.frame_loop.frames.wake()

    def run(self) -> None:
        """Do all this on the calling thread until asked to stop."""
        free = FreeCores(THREADS.given())
        try:
            model = drain(load_steps(self.model_request, guarded=True), self._tell_loading)
            info = model.info(self.model_request)
            _spare_collector()
        except _OvertakenError:
            return
        except Exception as error:
            if not isinstance(error, UserError):
                log.exception("loading %s failed", self.model_request.spec)
            if not self._stopping.is_set():
                self._owner.runner_failed(self, error)
            return
        if self._stopping.is_set():
            return
        owner = self._owner
        frame_loop = self.frame_loop = FrameLoop(
            model, info, self._request, owner.snapshot_ready, partial(owner.runner_warned, self)
        )
        owner.runner_ready(self, frame_loop)
        threads = torch.get_num_threads()  # fewer, where another runner has left no more
        current: JobStep | None = None
        behind: JobStep | None = None
        pace = TimeShare()
        heaps = HeapKeeper()
        while not self._stopping.is_set():
            if threads != free.look():
                threads = free.threads
                THREADS.use(threads)
            waits = min(IDLE_S, pace.wait()) if behind and not behind.job.resting else IDLE_S
            pace.waited(frame_loop.take, 0.0 if current else waits)
            if not self._stopping.is_set():
                hasty = behind is not None and not pace.still
                frame_loop.step(busy=current is not None, hasty=hasty)
            if current or behind or not (self._waiting.empty() and self._behind.empty()):
                frame_loop.settle()  # nothing is under way while a job has the thread
            taken = frame_loop.looks.end()
            heaps.look(time.monotonic())
            current = current or self._next_job(model, self._waiting)
            if current:
                # A look with an attack takes long: a job has as much, or it would hardly get on.
                share = taken if frame_loop.request.attack is not None else 0.0
                if self.unseen:
                    share = max(share, min(_UNSEEN_S, UNSEEN * taken))
                if not current.step_for(max(JOB_SLICE_S, share)):
                    current = None
                continue
            behind = behind or self._next_job(model, self._behind)
            if behind and not pace.step(behind.job, behind.step):
                behind = None
        frame_loop.close()
        THREADS.give_back()
        self.frame_loop = None  # which tells this runner: in a ring, the model would stay
        for left, jobs in ((current, self._waiting), (behind, self._behind)):
            while left or (left := self._next_job(model, jobs)):  # nothing stays QUEUED
                left.finish(JobState.CANCELLED)
                left = None

    def _tell_loading(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise _OvertakenError
        self._owner.runner_loading(self, progress)

    def _next_job(self, model: VisionModel, jobs: queue.SimpleQueue[Job]) -> JobStep | None:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            return None
        return JobStep(job, model, self._owner.job_changed)


def _spare_collector() -> None:
    """Let the collector of cycles leave alone what is there: libraries, hundreds of thousands.

    Going through them takes most of a second in which no thread runs, the window's included, and it
    comes in the midst of everything. What is left by its last user goes at once all the same.
    """
    if len(sys.modules) != _spared[0]:  # more were loaded since
        if not _spared[0]:  # at the end all must go, or what the libraries find left they print
            atexit.register(gc.unfreeze)
        _spared[0] = len(sys.modules)
        gc.freeze()


class _OvertakenError(Exception):
    """Loading was overtaken by another request."""
