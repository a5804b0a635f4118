"""The engine as one object: a source, a model, what to look at, and the threads between them.

Importing this is cheap: torch is loaded by the first runner, on its own thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nnvis.engine.protocol.job import Job, JobState
from nnvis.engine.protocol.latest import Latest
from nnvis.engine.protocol.listener import Listener
from nnvis.engine.protocol.request import Request, fitted_to_model
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.runtime.capture import Capture, SourceSession, sentence
from nnvis.engine.runtime.device_decoding import decode_there
from nnvis.engine.saving.jobs import layers_job, shown_job
from nnvis.errors import UserError
from nnvis.heaps import return_memory
from nnvis.models.info import ModelInfo, ModelRequest, is_attached
from nnvis.progress import Progress, drain
from nnvis.sources import open_source
from nnvis.sources.source import Source

if TYPE_CHECKING:
    from nnvis.engine.live.frame_loop import FrameLoop
    from nnvis.engine.runtime.attached_runner import AttachedLoop, AttachedRunner
    from nnvis.engine.runtime.runner import Runner

log = logging.getLogger(__name__)


class Session(SourceSession):
    """Adds the models to the sources, and jobs; every method returns at once.

    Results come through the Listener.
    """

    def __init__(self, listener: Listener, opener: Callable[[str], Source] = open_source) -> None:
        """Report to `listener`; `opener` makes a source of a spec."""
        super().__init__(listener, opener)
        self._unfilled: Latest[Snapshot] = Latest()  # while there is no model
        self._request = Request()
        self._info: ModelInfo | None = None
        self._runner: Runner | AttachedRunner | None = None  # the one that looks
        self._loading: Runner | AttachedRunner | None = None  # the one that will
        self._tickets = 0  # counts requests for a model; the latest wins
        self._unseen = False

    @property
    def snapshots(self) -> Latest[Snapshot]:
        """The box with the newest snapshot of the model in use."""
        return self._frame_loop.snapshots if self._frame_loop else self._unfilled

    @property
    def info(self) -> ModelInfo | None:
        """The model in use."""
        return self._info

    @property
    def request(self) -> Request:
        """What is looked at."""
        return self._request

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
            if self._frame_loop:
                self._frame_loop.select(request)

    def look_away(self, on: bool) -> None:
        """Leave the time to jobs while nobody sees the picture; it goes on, but seldom."""
        with self._lock:
            self._unseen = on
            for runner in (self._runner, self._loading):
                if runner:
                    runner.unseen = on

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
        job = shown_job(folder, snapshot, still, frozen=self.frozen)
        return self.submit(job) if snapshot.path else self.write(job)

    def write(self, job: Job) -> Job:
        """Do a job that needs no network on a thread of its own."""
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

    # On the runner's thread.

    def _run_model(self, model_request: ModelRequest, ticket: int) -> None:
        try:
            kind = _runner_of(model_request)
        except Exception as error:
            log.exception("torch cannot be imported")
            self._listener.model_failed(model_request, sentence("torch", error))
            return
        with self._lock:
            if ticket != self._tickets or self._closed:
                return
            runner = self._loading = kind(model_request, self, self._request)
            runner.unseen = self._unseen
        runner.run()
        del runner
        return_memory()

    def runner_loading(self, runner: Runner | AttachedRunner, progress: Progress) -> None:
        """Tell a stage of loading."""
        if runner is self._loading:
            self._listener.model_loading(runner.model_request, progress)

    def runner_ready(
        self, runner: Runner | AttachedRunner, frame_loop: FrameLoop | AttachedLoop
    ) -> None:
        """Change over to the model that `runner` has loaded."""
        with self._lock:
            if runner is not self._loading:
                runner.ask_to_stop()
                return
            left, self._runner, self._loading = self._runner, runner, None
            self._info = frame_loop.info
            self._request = fitting(self._request, frame_loop.info)
            frame_loop.select(self._request)
            if left:
                left.ask_to_stop()
            self._listener.warned("")  # what was wrong with the other model is over
            self._frame_loop = frame_loop
        self._feed_again()
        self._listener.model_ready(frame_loop.info)
        self._decode_there()

    def _source_opened(self, capture: Capture, source: Source) -> None:
        super()._source_opened(capture, source)
        self._decode_there()

    def _decode_there(self) -> None:
        """Let a video be decoded where the network is, if there is a decoder."""
        with self._lock:
            capture, info = self._capture, self._info
        if capture is not None and info is not None:
            decode_there(capture, info, self._start)

    def runner_failed(self, runner: Runner | AttachedRunner, error: Exception) -> None:
        """Tell that the model cannot be had; the one in use stays."""
        with self._lock:
            if runner is not self._loading:
                return
            self._loading = None
        self._listener.model_failed(
            runner.model_request,
            sentence(runner.model_request.spec, error),
            error.field if isinstance(error, UserError) else "",
        )

    def snapshot_ready(self) -> None:
        """Tell that there is one; where it is of a model that was left, nobody finds it."""
        self._listener.snapshot_ready()

    def runner_warned(self, runner: Runner | AttachedRunner, message: str) -> None:
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


def _runner_of(model_request: ModelRequest) -> type[Runner | AttachedRunner]:
    if is_attached(model_request.spec):
        from nnvis.engine.runtime.attached_runner import AttachedRunner

        return AttachedRunner
    from nnvis.engine.runtime.runner import Runner

    return Runner


def fitting(request: Request, info: ModelInfo) -> Request:
    """Return `request` moved to a layer and unit that the model of `info` has."""
    layer = info.layer(request.layer) or info.first_look()
    unit = request.unit if layer.name == request.layer and request.unit < layer.units else 0
    layout = replace(request.layout, visible=())
    return fitted_to_model(replace(request, layer=layer.name, unit=unit, layout=layout), info)
