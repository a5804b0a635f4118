"""The one thread that owns the model."""

from __future__ import annotations

import gc
import logging
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import torch

from nnvis.engine.feed import Fed
from nnvis.engine.fool import Twin
from nnvis.engine.held import Held
from nnvis.engine.job import Job, JobState
from nnvis.engine.latest import Latest
from nnvis.engine.look import look
from nnvis.engine.pace import Pace
from nnvis.engine.second import Second
from nnvis.engine.selection import Selection
from nnvis.engine.snapshot import Snapshot
from nnvis.engine.stream import StreamWatch
from nnvis.engine.watch import Watch
from nnvis.errors import UserError
from nnvis.models.card import ModelCard, ModelRequest
from nnvis.models.vision import VisionModel
from nnvis.models.zoo import load_steps
from nnvis.progress import Progress, Steps, drain
from nnvis.sources.frame import Frame

log = logging.getLogger(__name__)

JOB_SLICE_S = 0.02  # how long jobs may hold the thread between two looks
NOTIFY_S = 1 / 15  # progress is told at most this often
IDLE_S = 0.05  # without a frame for so long, the picture is taken to be still
THUMBNAILS = 1  # how many thumbnails a live look makes; a still picture gets them all


class Owner(Protocol):
    """Whom a runner tells; called on its thread, must return at once."""

    def runner_loading(self, runner: Runner, progress: Progress) -> None: ...
    def runner_ready(self, runner: Runner, card: ModelCard) -> None: ...
    def runner_failed(self, runner: Runner, error: Exception) -> None: ...
    def runner_saw(self, runner: Runner, snapshot: Snapshot) -> None: ...
    def runner_warned(self, runner: Runner, message: str) -> None: ...
    def job_changed(self, job: Job) -> None: ...


class Runner:
    """Loads its model; then each turn: look at the newest frame, step the current job for a moment.

    The model is a local variable of `run`, so that no other thread can reach it; another model
    is another Runner.
    """

    def __init__(self, request: ModelRequest, owner: Owner, selection: Selection) -> None:
        self.request = request
        self.selection = selection
        self.frames: Latest[Fed] = Latest()
        self._owner = owner
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._behind: queue.SimpleQueue[Job] = queue.SimpleQueue()  # those with a share
        self._stopping = threading.Event()

    def select(self, selection: Selection) -> None:
        """Look at `selection` from now on."""
        self.selection = selection
        self.frames.wake()

    def submit(self, job: Job) -> Job:
        """Queue `job`; jobs run one after another, those with a share behind the others."""
        (self._waiting if job.share is None else self._behind).put(job)
        self.frames.wake()
        return job

    def ask_to_stop(self) -> None:
        """Stop after the step under way; nothing is told after this but the end of its jobs."""
        self._stopping.set()
        self.frames.wake()

    def run(self) -> None:
        """Do all this on the calling thread until asked to stop."""
        try:
            model = drain(load_steps(self.request), self._tell_loading)
            card = model.card(self.request)
        except _OvertakenError:
            return
        except Exception as error:
            if not isinstance(error, UserError):
                log.exception("loading %s failed", self.request.spec)
            if not self._stopping.is_set():
                self._owner.runner_failed(self, error)
            return
        if self._stopping.is_set():
            return
        self._owner.runner_ready(self, card)
        eye = _Eye(self, self._owner, model, card)
        current: _Running | None = None
        behind: _Running | None = None
        pace = Pace()
        while not self._stopping.is_set():
            waits = min(IDLE_S, pace.wait()) if behind and not behind.job.resting else IDLE_S
            came = pace.waited(self.frames.take, 0.0 if current else waits)
            begin = time.monotonic()
            if not self._stopping.is_set():
                hasty = behind is not None and not pace.still
                eye.turn(came, self.selection, busy=current is not None, hasty=hasty)
            taken = time.monotonic() - begin
            current = current or self._next_job(model, self._waiting)
            if current:
                # A look with an attack takes long: a job has as much, or it would hardly get on.
                share = taken if self.selection.fooling is not None else 0.0
                if not current.step_for(max(JOB_SLICE_S, share)):
                    current = None
                continue
            behind = behind or self._next_job(model, self._behind)
            if behind and not pace.step(behind.job, behind.step):
                behind = None
        eye.close()
        for left, jobs in ((current, self._waiting), (behind, self._behind)):
            while left or (left := self._next_job(model, jobs)):  # nothing stays QUEUED
                left.finish(JobState.CANCELLED)
                left = None

    def _tell_loading(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise _OvertakenError
        self._owner.runner_loading(self, progress)

    def _next_job(self, model: VisionModel, jobs: queue.SimpleQueue[Job]) -> _Running | None:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            return None
        return _Running(job, model, self._owner)


class _OvertakenError(Exception):
    """Loading was overtaken by another request."""


class _Eye:
    """Decides what each turn looks at, and turns failures of a look into warnings."""

    def __init__(self, runner: Runner, owner: Owner, model: VisionModel, card: ModelCard) -> None:
        self._runner, self._owner, self._model, self._card = runner, owner, model, card
        self._fed: Fed | None = None
        self._answered: Selection | None = None
        self._small: dict[str, Frame] = {}  # which frame each layer's thumbnail shows
        self._next = 0  # whose thumbnail is due
        self._twin: Twin | None = None
        self._held = Held()
        self._second: Second | None = None
        self._watch = Watch(model, card)
        self._stream = StreamWatch(model, card)
        self._warning = ""

    def turn(
        self,
        came: Fed | None,
        selection: Selection,
        *,
        busy: bool = False,
        hasty: bool = False,
    ) -> None:
        """Look at what came; without anything new, again at the last if there is reason to.

        While jobs are `busy`, an attack on a still picture rests: they would hardly get on.
        `hasty`: that nothing came does not mean that the picture is still.
        """
        new = came is not None
        self._fed = fed = came or self._fed
        if fed is None:
            return
        frame = fed.frame
        if self._answered is None or self._answered.shading != selection.shading:
            self._small.clear()  # in other colours now
        visible = [name for name in selection.visible if self._card.layer(name)]
        stale = [name for name in visible if self._small.get(name) is not frame]
        if new:
            wanted = self._some(visible)
        elif (
            selection is not self._answered
            or (stale and not hasty)
            or (not busy and _goes_on(selection))
        ):
            wanted = stale
        else:
            return
        self._answered = selection
        self._small.update(dict.fromkeys(wanted, frame))
        self._look(fed, selection, wanted)

    def close(self) -> None:
        """Keep what was gathered."""
        self._stream.close()

    def _some(self, visible: list[str]) -> list[str]:
        """Take turns, so that each thumbnail is renewed as often as any other."""
        if not visible:
            return []
        first = self._next % len(visible)
        self._next = first + THUMBNAILS
        return (visible + visible)[first : first + min(THUMBNAILS, len(visible))]

    def _look(self, fed: Fed, selection: Selection, thumbnails: list[str]) -> None:
        message = ""
        if selection.fooling is None:
            self._twin = None
        elif self._twin is None:
            self._twin = Twin()
        snapshot: Snapshot | None = None
        try:
            with self._watch.hearing(selection), self._stream.hearing(selection):
                snapshot, message = self._see(fed, selection, thumbnails)
            snapshot = self._watch.add(snapshot, selection)
            snapshot = self._stream.add(snapshot, selection)
        except torch.OutOfMemoryError:
            message = "the device is out of memory; choose a smaller layer, model or input"
        except Exception as error:
            if not isinstance(error, UserError) and not self._warning:
                log.exception("look failed")
            message = self._said(error)
        if message:  # outside of the handler, whose traceback would keep the tensors alive
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        if snapshot is not None:
            self._owner.runner_saw(self._runner, snapshot)
        if message != self._warning:
            self._warning = message
            self._owner.runner_warned(self._runner, message)

    def _see(self, fed: Fed, selection: Selection, thumbnails: list[str]) -> tuple[Snapshot, str]:
        """Look; where something asked for cannot be had, say why and go on without it."""
        note = ""
        for asked in (selection, *_plainer(selection)):
            try:
                snapshot = look(
                    self._model, self._card, fed.frame, asked, fed, thumbnails,
                    twin=self._twin, held=self._held,
                )  # fmt: skip
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                if asked == _plain(selection):
                    raise
                if not note and not isinstance(error, UserError) and not self._warning:
                    log.exception("look failed")
                note = note or self._said(error)
                continue
            if asked.fooling is None:
                self._twin = None
            return self._with_opinion(snapshot), note
        raise AssertionError("the plainest look either raises or shows")

    def _said(self, error: Exception) -> str:
        if isinstance(error, UserError):
            return str(error)
        return f"{self._card.name} failed on this picture: {_line(error)}"

    def _with_opinion(self, snapshot: Snapshot) -> Snapshot:
        """Add what the second network says, where one is asked."""
        fooling, fooled = snapshot.selection.fooling, snapshot.fooled
        if fooling is None or fooled is None or fooling.second is None:
            self._drop_second()
            return snapshot
        if self._second is None or self._second.request != fooling.second:
            self._drop_second()
            self._second = Second(fooling.second)
        opinion = self._second.judge(snapshot.fed, fooled.adversarial)
        return replace(snapshot, fooled=replace(fooled, second=opinion))

    def _drop_second(self) -> None:
        if self._second is not None:
            self._second.stop()
            self._second = None


def _plainer(selection: Selection) -> Iterator[Selection]:
    """Give up one thing, then the others, until nothing is asked but to look."""
    plain = _plain(selection)
    once = (
        replace(selection, back=None, grid="activation"),
        replace(selection, fooling=None),
        replace(selection, ablations=()),
    )
    yield from (one for one in once if one not in (selection, plain))
    if plain != selection:
        yield plain


def _plain(selection: Selection) -> Selection:
    return replace(selection, back=None, grid="activation", fooling=None, ablations=())


def _goes_on(selection: Selection) -> bool:
    """Whether even a still picture changes: an attack takes its steps."""
    return selection.fooling is not None and not selection.fooling.carried


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class _Running:
    """A job under way."""

    def __init__(self, job: Job, model: VisionModel, owner: Owner) -> None:
        self.job, self._owner = job, owner
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
            self._owner.job_changed(self.job)
        return True

    def finish(self, state: JobState) -> bool:
        self._steps.close()  # GeneratorExit at the yield: every `with` unwinds, hooks leave
        self.job.state = state
        self._owner.job_changed(self.job)
        return False


def _begin(job: Job, model: VisionModel) -> Steps[Any]:
    """Call `job.start` inside the first step, so that its errors are the job's errors."""
    return (yield from job.start(model))
