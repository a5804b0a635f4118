"""A session that is always fed, as by a camera that is faster than the network, or step by step."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.listener import SourceReport
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.engine.runtime.session import Session
from nnvis.errors import UserError
from nnvis.models.info import ModelInfo, ModelRequest
from nnvis.models.trusted_code import read_code, runs_code, trust
from nnvis.progress import Progress
from nnvis.sources import open_source
from nnvis.sources.frame import Frame
from nnvis.sources.source import Control, SourceState, Status

PATIENCE_S = 120.0
RATE = 120.0  # frames/s while it runs: more than are looked at, as a fast camera gives them


class SaturatedSource:
    """A Source that gives a frame for every permit, or `RATE` of them a second while it runs."""

    title = "belt"
    controls: frozenset[Control] = frozenset()

    def __init__(self, pictures: Sequence[Frame], spec: str = "belt") -> None:
        self.spec = spec
        self._pictures = pictures
        self._permits = threading.Semaphore(0)
        self._index = 0
        self._next = 0.0  # time.monotonic() of the next frame while it runs
        self.running = False

    def permit(self, count: int = 1) -> None:
        """Let `count` more frames through."""
        self._permits.release(count)

    def start(self) -> None:
        """Give frames at the pace of `RATE` from now on, until `running` is False."""
        self._next, self.running = time.monotonic(), True

    @property
    def status(self) -> Status:
        """Always live."""
        return Status(SourceState.LIVE)

    def due(self) -> float:
        """Return when the next frame comes; at rest now, since `read` itself waits."""
        return self._next if self.running else 0.0

    def read(self) -> Frame | None:
        """Return the next frame; at rest once it is permitted, None after a while without."""
        if self.running:
            self._next = max(self._next + 1 / RATE, time.monotonic())
        elif not self._permits.acquire(timeout=0.2):
            return None
        picture = self._pictures[self._index % len(self._pictures)].picture
        frame = Frame(picture, self._index, time.monotonic(), self.spec)
        self._index += 1
        return frame

    def control(self, control: Control, value: float) -> None:
        """Obey nothing."""

    def close(self) -> None:
        """Hold nothing."""


class SaturatedSession:
    """A Listener that takes every snapshot at once."""

    def __init__(self, model_request: ModelRequest, frames: Sequence[Frame]) -> None:
        self._news = threading.Condition()
        self._belts: dict[str, SaturatedSource] = {}
        self._frames = frames
        self._running = False
        self.problems: list[str] = []
        self.latest: Snapshot | None = None
        self.count = 0
        self.session = Session(self, self._open)
        self.session.open_source("belt")
        if runs_code(model_request.spec):
            trust(read_code(model_request.spec).mark)  # a person typed it
        self.session.load_model(model_request)
        try:
            self.wait_for(lambda: self.session.info is not None and self.session.source is not None)
        except BaseException:
            self.close()
            raise

    def _open(self, spec: str) -> SaturatedSource:
        self._belts[spec] = belt = SaturatedSource(self._frames, spec)
        if self._running:
            belt.start()
        return belt

    def start(self) -> None:
        """Send more frames than can be looked at, until `pause`."""
        self._running = True
        self._belt.start()

    def pause(self) -> None:
        """Let the frames under way through and no more."""
        self._running = False
        self._belt.running = False

    def step(self) -> Snapshot:
        """Send one frame through and return what is shown of it."""
        before = self.count
        self._belt.permit()
        self.wait_for(lambda: self.count > before)
        assert self.latest is not None
        return self.latest

    def wait_for(self, ready: Callable[[], object], timeout: float = PATIENCE_S) -> None:
        """Wait until `ready()`.

        Raises:
            UserError: something failed meanwhile, or it took longer than `timeout` seconds.
        """
        with self._news:
            done = self._news.wait_for(lambda: self.problems or ready(), timeout)
        if self.problems:
            raise UserError(self.problems[0])
        if not done:
            raise UserError(f"the live line did not answer within {timeout:g} seconds")

    def close(self) -> list[str]:
        """End the session; return the names of threads that did not end."""
        return self.session.close(30.0)

    @property
    def _belt(self) -> SaturatedSource:
        source = self.session.source
        assert source is not None
        return self._belts[source.spec]

    # Listener

    def snapshot_ready(self) -> None:
        """Take it at once, as a window would."""
        snapshot = self.session.snapshots.take()
        with self._news:
            self.latest = snapshot or self.latest
            self.count += 1
            self._news.notify_all()

    def source_changed(self, report: SourceReport) -> None:
        """Wake whoever waits for it."""
        self._wake()

    def source_failed(self, spec: str, message: str) -> None:
        """Fail the measurement."""
        self._fail(message)

    def model_loading(self, model_request: ModelRequest, progress: Progress) -> None:
        """Nothing to measure."""

    def model_ready(self, info: ModelInfo) -> None:
        """Wake whoever waits for it."""
        self._wake()

    def model_failed(self, model_request: ModelRequest, message: str, field: str = "") -> None:
        """Fail the measurement."""
        self._fail(message)

    def job_changed(self, job: Job) -> None:
        """Wake whoever waits for it."""
        self._wake()

    def warned(self, message: str) -> None:
        """Fail the measurement."""
        if message:
            self._fail(message)

    def _wake(self) -> None:
        with self._news:
            self._news.notify_all()

    def _fail(self, message: str) -> None:
        with self._news:
            self.problems.append(message)
            self._news.notify_all()


def demo_frames(count: int = 32) -> list[Frame]:
    """Return `count` frames of the demo stream, 448 x 336."""
    source = open_source("demo")
    frames: list[Frame] = []
    while len(frames) < count:
        time.sleep(max(0.0, source.due() - time.monotonic()))
        frame = source.read()
        if frame is not None:
            frames.append(frame)
    source.close()
    return frames
