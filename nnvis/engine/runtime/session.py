"""The engine as one object: a source, a model, what to look at, and the threads between them.

Importing this is cheap: torch is loaded by the first runner, on its own thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.listener import Listener, SourceReport
from nnvis.engine.protocol.request import Request, fitted_to_model
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.render.prepare import prepare
from nnvis.engine.runtime.capture import Capture
from nnvis.engine.runtime.latest import Latest
from nnvis.engine.runtime.memory import return_memory
from nnvis.engine.saving.jobs import layers_job, shown_job
from nnvis.errors import UserError, in_window
from nnvis.extras import explained
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.progress import Progress, drain
from nnvis.sources import open_source
from nnvis.sources.credentials import hidden
from nnvis.sources.frame import Frame
from nnvis.sources.source import Control, Source, SourceState, Status

if TYPE_CHECKING:
    from nnvis.engine.runtime.runner import Runner

log = logging.getLogger(__name__)


class Session:
    """Every method returns at once; results come through the Listener."""

    def __init__(self, listener: Listener, opener: Callable[[str], Source] = open_source) -> None:
        """Report to `listener`; `opener` makes a source of a spec."""
        self.snapshots: Latest[Snapshot] = Latest()
        self._listener = listener
        self._opener = opener
        self._lock = threading.RLock()  # over the fields below; never held while waiting
        self._request = Request()
        self._info: ModelInfo | None = None
        self._runner: Runner | None = None  # the one that looks
        self._loading: Runner | None = None  # the one that will
        self._tickets = 0  # counts requests for a model; the latest wins
        self._capture: Capture | None = None  # the one that delivers
        self._opening: Capture | None = None  # the one that will
        self._report: SourceReport | None = None
        self._frame: Frame | None = None  # the last one delivered
        self._frozen = False
        self._crowded = False
        self._dropped = 0
        self._threads: list[threading.Thread] = []
        self._closed = False

    @property
    def info(self) -> ModelInfo | None:
        """The model in use."""
        return self._info

    @property
    def request(self) -> Request:
        """What is looked at."""
        return self._request

    @property
    def source(self) -> SourceReport | None:
        """The source in use."""
        return self._report

    @property
    def frozen(self) -> bool:
        """Whether new frames are held back."""
        return self._frozen

    @property
    def dropped(self) -> int:
        """Frames of this source that the network had no time for."""
        return self._dropped

    @property
    def silence(self) -> float:
        """Seconds for which the source has not come back from a read (a hung driver)."""
        capture = self._capture
        since = capture.reading_since if capture else None
        return time.monotonic() - since if since is not None else 0.0

    def open_source(self, spec: str) -> None:
        """Change to another source once it is open; the latest request wins."""
        spec = hidden(spec)
        capture = Capture(
            partial(self._opener, spec),
            self._source_opened,
            self._frame_came,
            self._status_came,
            partial(self._source_broke, spec),
        )
        with self._lock:
            if self._closed:
                return
            if self._opening:
                self._opening.ask_to_stop()
            self._opening = capture
        self._start("nnvis-capture", capture.run)

    def control(self, control: Control, value: float) -> None:
        """Ask the source to pause, step, seek ..."""
        if self._capture:
            self._capture.control(control, value)

    def load_model(self, model_request: ModelRequest) -> None:
        """Change to another model once it is loaded; the latest request wins."""
        with self._lock:
            if self._closed:
                return
            self._tickets += 1
            ticket = self._tickets
            if self._loading:
                self._loading.ask_to_stop()
        self._listener.model_loading(model_request, Progress(0, 0, f"loading {model_request.spec}"))
        self._start("nnvis-runner", partial(self._run_model, model_request, ticket))

    def cancel_loading(self) -> None:
        """Give up the model that is being loaded; the one in use stays."""
        with self._lock:
            self._tickets += 1
            if self._loading:
                self._loading.ask_to_stop()
            self._loading = None

    def select(self, request: Request) -> None:
        """Look at this from now on; a still picture is looked at again."""
        with self._lock:
            info = self._info
            if info is not None and info.layer(request.layer) is None:
                request = fitting(request, info)  # asked before it was known that the model changed
            self._request = request
            if self._runner:
                self._runner.select(request)

    def freeze(self, on: bool, frame: Frame | None = None) -> None:
        """Keep looking at the last frame, or at `frame`, which was looked at before."""
        self._frozen = on
        with self._lock:
            info, runner, request = self._info, self._runner, self._request
            mine = self._report is not None and frame and frame.source == self._report.spec
            if not (on and mine and frame and info and runner):
                return
            self._frame = frame
        runner.reserve.take()
        runner.frames.put(prepare(frame, info, request))

    def crowd(self, on: bool) -> None:
        """Compute with half of the cores for as long as another process works with the others."""
        with self._lock:
            self._crowded = on
            for runner in (self._runner, self._loading):
                if runner:
                    runner.crowded = on

    def submit(self, job: Job) -> Job:
        """Run `job` beside the live picture, on the thread and with the model that looks."""
        with self._lock:
            runner = self._runner
        if runner is not None:
            return runner.submit(job)
        job.error, job.state = UserError("no model is loaded yet; try again"), JobState.FAILED
        self._listener.job_changed(job)
        return job

    def save(
        self,
        folder: Path,
        snapshot: Snapshot,
        *,
        all_layers: bool = False,
        still: Snapshot | None = None,
    ) -> Job:
        """Write what `snapshot` shows as PNGs into `folder`; the job's result is a list of paths.

        With `all_layers`, the sheet of every layer for the same frame. `still` has what a slow
        view found on a frame before.
        """
        if all_layers:
            return self.submit(layers_job(folder, snapshot))
        job = shown_job(folder, snapshot, still)
        if snapshot.path:
            return self.submit(job)
        self._start("nnvis-save", partial(self._run_save, job))
        return job

    def close(self, timeout: float = 5.0) -> list[str]:
        """End every thread; return the names of those that did not end in time."""
        with self._lock:
            self._closed = True
            for one in (self._opening, self._capture, self._loading, self._runner):
                if one:
                    one.ask_to_stop()
            threads = list(self._threads)
        end = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return [thread.name for thread in threads if thread.is_alive()]

    # On the capture thread.

    def _source_opened(self, capture: Capture, source: Source) -> None:
        with self._lock:
            if capture is not self._opening:
                capture.ask_to_stop()
                return
            left, self._capture, self._opening = self._capture, capture, None
            self._frame, self._dropped = None, 0
            report = SourceReport(source.spec, source.title, source.controls, source.status)
            self._report = report
            if left:
                left.ask_to_stop()
        self._listener.source_changed(report)

    def _frame_came(self, capture: Capture, frame: Frame) -> None:
        with self._lock:
            if capture is not self._capture or (self._frozen and self._frame is not None):
                return
            self._frame = frame
            info, request, runner = self._info, self._request, self._runner
        now = time.monotonic()
        capture.stream.came(now)
        if info is None or runner is None:
            return
        stream = capture.stream
        late = stream.can_wait(runner.looks.left(now))
        if late or (runner.frames.full and stream.fresh(now)):
            self._dropped += not runner.reserve.put(frame)  # another will come in time, most likely
            return
        fed = prepare(frame, info, request)  # here, beside the network's thread and not in it
        stream.prepared(now, time.monotonic() - now)
        self._dropped += runner.reserve.take() is not None
        with self._lock:
            if self._info is info and capture is self._capture and self._runner:
                self._dropped += not self._runner.frames.put(fed)

    def _status_came(self, capture: Capture, status: Status) -> None:
        with self._lock:
            if capture is not self._capture or self._report is None:
                return
            report = self._report = replace(self._report, status=status)
        self._listener.source_changed(report)

    def _source_broke(self, spec: str, capture: Capture, error: Exception) -> None:
        with self._lock:
            ended = capture is self._capture
            if not ended and capture is not self._opening:
                return
            if ended:
                self._capture = None
            else:
                self._opening = None
        self._listener.source_failed(spec, _sentence(spec, error))
        if ended and self._report:
            self._report = replace(self._report, status=Status(SourceState.ENDED))
            self._listener.source_changed(self._report)

    # On the runner's thread.

    def _run_model(self, model_request: ModelRequest, ticket: int) -> None:
        try:
            from nnvis.engine.runtime.runner import Runner
        except Exception as error:
            log.exception("torch cannot be imported")
            self._listener.model_failed(model_request, _sentence("torch", error))
            return
        with self._lock:
            if ticket != self._tickets or self._closed:
                return
            runner = self._loading = Runner(model_request, self, self._request)
            runner.crowded = self._crowded
        runner.run()
        del runner
        return_memory()

    def runner_loading(self, runner: Runner, progress: Progress) -> None:
        """Tell a stage of loading."""
        if runner is self._loading:
            self._listener.model_loading(runner.model_request, progress)

    def runner_ready(self, runner: Runner, info: ModelInfo) -> None:
        """Change over to the model that `runner` has loaded."""
        with self._lock:
            if runner is not self._loading:
                runner.ask_to_stop()
                return
            left, self._runner, self._loading = self._runner, runner, None
            self._info = info
            self._request = fitting(self._request, info)
            runner.select(self._request)
            if left:
                left.ask_to_stop()
            self._listener.warned("")  # what was wrong with the other model is over
            frame, request = self._frame, self._request
        if frame is not None:
            runner.frames.put(prepare(frame, info, request))
        self._listener.model_ready(info)

    def runner_failed(self, runner: Runner, error: Exception) -> None:
        """Tell that the model cannot be had; the one in use stays."""
        with self._lock:
            if runner is not self._loading:
                return
            self._loading = None
        self._listener.model_failed(
            runner.model_request,
            _sentence(runner.model_request.spec, error),
            error.field if isinstance(error, UserError) else "",
        )

    def runner_saw(self, runner: Runner, snapshot: Snapshot) -> None:
        """Hand a snapshot on, unless it is of a model that was left."""
        with self._lock:
            if runner is not self._runner:
                return
            must_wake = self.snapshots.put(snapshot, _with_unseen)
        if must_wake:
            self._listener.snapshot_ready()

    def runner_warned(self, runner: Runner, message: str) -> None:
        """Hand a warning on, unless it is of a model that was left."""
        with self._lock:
            if runner is self._runner:
                self._listener.warned(message)

    def job_changed(self, job: Job) -> None:
        """Hand a job's news on."""
        self._listener.job_changed(job)

    # On threads of their own.

    def _run_save(self, job: Job) -> None:
        job.state = JobState.RUNNING
        try:
            job.result = drain(job.start(None))
            job.state = JobState.DONE
        except Exception as error:
            if not isinstance(error, UserError):
                log.exception("saving failed")
            job.error, job.state = error, JobState.FAILED
        self._listener.job_changed(job)

    def _start(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        with self._lock:
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)
            thread.start()


def fitting(request: Request, info: ModelInfo) -> Request:
    """Return `request` moved to a layer and unit that the model of `info` has."""
    layer = info.layer(request.layer) or info.first_look()
    unit = request.unit if layer.name == request.layer and request.unit < layer.units else 0
    layout = replace(request.layout, visible=())
    return fitted_to_model(replace(request, layer=layer.name, unit=unit, layout=layout), info)


def _with_unseen(unseen: Snapshot, snapshot: Snapshot) -> Snapshot:
    """Nobody saw `unseen`: its thumbnails are the newest of their layers, its events count."""
    if unseen.info is not snapshot.info:
        return snapshot
    thumbnails = {**unseen.thumbnails, **snapshot.thumbnails}
    found = snapshot.observations
    found = replace(found, fired=unseen.observations.fired + found.fired)
    return replace(snapshot, thumbnails=thumbnails, observations=found)


def _sentence(what: str, error: Exception) -> str:
    if advice := error if isinstance(error, UserError) else explained(error):
        return in_window(advice)
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return f"{what} failed: {first}"
