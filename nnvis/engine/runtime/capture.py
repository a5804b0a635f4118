"""What the thread that reads a source does."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable

from nnvis.engine.runtime.anticipation import Stream
from nnvis.errors import UserError
from nnvis.sources.frame import Frame
from nnvis.sources.source import Control, Source, SourceState, Status

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
        self._poke = threading.Event()
        self._stopping = threading.Event()
        self.stream = Stream()
        self.reading_since: float | None = None  # time.monotonic() at the start of a pending read

    def control(self, control: Control, value: float) -> None:
        """Pass `control` on to the source, from any thread."""
        self._controls.put((control, value))
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
