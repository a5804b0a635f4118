"""Sources: the thread that reads one, and how another takes its place."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from nnvis.engine.live.anticipation import Stream
from nnvis.engine.protocol.listener import Listener, SourceReport
from nnvis.engine.runtime.frame_ring import FrameRing
from nnvis.errors import UserError, first_line, in_window
from nnvis.extras import explained
from nnvis.heaps import return_memory
from nnvis.sources.frame import Frame
from nnvis.sources.network.credentials import hidden
from nnvis.sources.source import Control, Source, SourceState, Status

if TYPE_CHECKING:
    from nnvis.engine.live.frame_loop import FrameLoop
    from nnvis.engine.runtime.attached_runner import AttachedLoop

log = logging.getLogger(__name__)

_NAP_S = 0.25  # the longest sleep between two looks at the stop flag


class Capture:
    """Owns a source: opens it, hands on its frames, obeys controls, closes it."""

    def __init__(
        self,
        open_it: Callable[[], Source],
        opened: Callable[[Capture, Source], None],
        deliver: Callable[[Capture, Frame], None],
        changed: Callable[[Capture, Status], None],
        failed: Callable[[Capture, Exception], None],
    ) -> None:
        self._open_it, self._opened, self._deliver = open_it, opened, deliver
        self._changed, self._failed = changed, failed
        self._controls: queue.SimpleQueue[tuple[Control, float]] = queue.SimpleQueue()
        self._tasks: queue.SimpleQueue[Callable[[Source], None]] = queue.SimpleQueue()
        self._poke = threading.Event()
        self._stopping = threading.Event()
        self.stream = Stream()
        self.reading_since: float | None = None  # time.monotonic() at the start of a pending read

    def control(self, control: Control, value: float) -> None:
        """Pass `control` on to the source, from any thread."""
        self._controls.put((control, value))
        self._poke.set()

    def do(self, task: Callable[[Source], None]) -> None:
        """Let `task` have the source between two reads, from any thread."""
        self._tasks.put(task)
        self._poke.set()

    def ask_to_stop(self) -> None:
        """Stop after the read under way; nothing is delivered after this."""
        self._stopping.set()
        self._poke.set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping.is_set()

    def run(self) -> None:
        """Do all this on the calling thread until asked to stop."""
        try:
            source = self._open_it()
        except Exception as error:  # noqa: BLE001 - a thread's edge: told, not lost
            self._failed(self, error)
            return
        try:
            if not self.stopping:
                self._opened(self, source)
                self._pump(source)
        except UserError as error:
            self._failed(self, error)
        except Exception as error:
            log.exception("source %s failed", source.spec)
            self._failed(self, error)
        finally:
            source.close()

    def _pump(self, source: Source) -> None:
        reported: Status | None = None
        while not self.stopping:
            while not self._controls.empty():
                source.control(*self._controls.get_nowait())
            while not self._tasks.empty():
                self._tasks.get_nowait()(source)
            wait = source.due() - time.monotonic()
            if wait <= 0:
                self.reading_since = time.monotonic()
                frame = source.read()
                self.reading_since = None
                if frame is not None and not self.stopping:
                    self._deliver(self, frame)
            status = source.status
            if _worth_reporting(reported, status) and not self.stopping:
                reported = status
                self._changed(self, status)
            wait = source.due() - time.monotonic()
            if wait > 0:
                self._poke.wait(min(wait, _NAP_S) if math.isfinite(wait) else _NAP_S)
                self._poke.clear()


def _worth_reporting(reported: Status | None, now: Status) -> bool:
    """Positions are told four times a second, everything else at once."""
    if reported is None or (reported.state, reported.note, reported.length) != (
        now.state,
        now.note,
        now.length,
    ):
        return True
    return abs(reported.position - now.position) >= (
        0.25 if now.state is SourceState.LIVE else 1e-6
    )


class SourceSession:
    """The half of a session that has the sources: frames go, made ready, to the network's box."""

    def __init__(self, listener: Listener, opener: Callable[[str], Source]) -> None:
        self._listener, self._opener = listener, opener
        self._lock = threading.RLock()  # over the fields below; never held while waiting
        self._frame_loop: FrameLoop | AttachedLoop | None = None  # where frames are looked at
        self._capture: Capture | None = None  # the one that delivers
        self._opening: Capture | None = None  # the one that will
        self._report: SourceReport | None = None
        self._frame: Frame | None = None  # the last one delivered
        self.recent = FrameRing()
        self.frozen = False  # whether new frames are held back
        self.dropped = 0  # frames of this source that the network had no time for
        self._threads: list[threading.Thread] = []
        self._closed = False

    @property
    def source(self) -> SourceReport | None:
        """The source in use."""
        return self._report

    @property
    def silence(self) -> float:
        """Seconds for which the source has not come back from a read (a hung driver)."""
        capture = self._capture
        since = capture.reading_since if capture else None
        return time.monotonic() - since if since is not None else 0.0

    def open_source(self, spec: str, opener: Callable[[str], Source] | None = None) -> None:
        """Change to another source once it is open; the latest request wins.

        `opener` makes it in place of the usual one, of a frame that was kept, say.
        """
        spec = hidden(spec)
        capture = Capture(
            partial(opener or self._opener, spec),
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

    def freeze(self, on: bool, frame: Frame | None = None) -> None:
        """Keep looking at the last frame, or at `frame`, which was looked at before."""
        self.frozen = on
        self.recent.hold(on)
        with self._lock:
            loop = self._frame_loop
            mine = self._report is not None and frame and frame.source == self._report.spec
            if not (on and mine and loop and frame):
                return
            self._frame = frame
            loop.reserve.put(frame)  # made ready on the network's thread: the window waits for none
        loop.frames.wake()

    def _feed_again(self) -> None:
        """Let the network look at the last frame, as the model in use is fed it."""
        with self._lock:
            frame, loop = self._frame, self._frame_loop
        if frame is None or loop is None:
            return
        fed = loop.info.preprocess.prepare(frame, loop.request.fit)
        with self._lock:
            if frame is self._frame:  # else a newer one has been put there meanwhile
                loop.reserve.take()
                loop.frames.put(fed)

    def _start(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        with self._lock:
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)
            thread.start()

    # On the capture thread.

    def _source_opened(self, capture: Capture, source: Source) -> None:
        with self._lock:
            if capture is not self._opening:
                capture.ask_to_stop()
                return
            left, self._capture, self._opening = self._capture, capture, None
            self._frame, self.dropped = None, 0
            self.recent.clear()
            report = SourceReport(source.spec, source.title, source.controls, source.status)
            self._report = report
            if left:
                left.ask_to_stop()
        return_memory()  # of the other source's frames; here, where no window waits
        self._listener.source_changed(report)

    def _frame_came(self, capture: Capture, frame: Frame) -> None:
        with self._lock:
            if capture is not self._capture:
                return
            self.recent.add(frame)
            if self.frozen and self._frame is not None:
                return
            self._frame, loop = frame, self._frame_loop
        stream, now = capture.stream, time.monotonic()
        stream.came(now)
        if loop is None:
            return
        late = stream.can_wait(loop.looks.left(now))
        if late or (loop.frames.full and stream.fresh(now)):
            with self._lock:
                if self._wanted(capture, frame):
                    # Another one will come in time, most likely.
                    self.dropped += not loop.reserve.put(frame)
            return
        # Here, beside the network's thread and not in it.
        prepared = loop.info.preprocess.prepare(frame, loop.request.fit)
        stream.prepared(now, time.monotonic() - now)
        with self._lock:
            if self._wanted(capture, frame):
                self.dropped += loop.reserve.take() is not None
                self.dropped += not loop.frames.put(prepared)

    def _wanted(self, capture: Capture, frame: Frame) -> bool:
        """Whether a frame may still be shown: not over the next source, nor over a frozen one."""
        return capture is self._capture and (not self.frozen or frame is self._frame)

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
        self._listener.source_failed(spec, sentence(spec, error))
        if ended and self._report:
            self._report = replace(self._report, status=Status(SourceState.ENDED))
            self._listener.source_changed(self._report)


def sentence(what: str, error: Exception) -> str:
    """Say in one line how `what` failed."""
    if advice := error if isinstance(error, UserError) else explained(error):
        return in_window(advice)
    first = first_line(error)
    return f"{what} failed: {first}"
