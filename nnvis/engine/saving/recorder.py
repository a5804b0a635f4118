"""A recording: pictures are handed over as they come, and written on a thread of their own."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from nnvis.engine.saving.movie import Movie, Picture
from nnvis.errors import UserError

WAITING = 3  # pictures that wait to be written; the others are dropped
BEAT_S = 0.25  # a picture that does not change is written so often
NICE = 5  # so much later than all else the thread of a recording is served
Make = Callable[[], Picture]
log = logging.getLogger(__name__)


class Recorder:
    """Writes a movie beside all else; `ended` hears one line, "" where all went well.

    It hears it once, on the thread of the recording.
    """

    def __init__(self, path: Path, meta: Mapping[str, Any], ended: Callable[[str], object]) -> None:
        self.path, self._meta, self._ended = path, meta, ended
        self.dropped = self.written = 0
        self._start: float | None = None
        self.length = 0.0  # seconds of the movie once it is finished
        self._waiting: queue.Queue[tuple[Make | None, float]] = queue.Queue(WAITING)
        self._ready, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="nnvis-recording", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """For how long it runs."""
        return time.monotonic() - self._start if self._start is not None else 0.0

    def offer(self, make: Make, at: float) -> bool:
        """Take a picture that is shown since `at` (time.monotonic()), unless too many wait.

        `make` gives it, on the thread of the recording. Returns whether it was taken.
        """
        if self._over.is_set() or not self._ready.is_set():
            return False
        if self._start is None:
            self._start = at
        try:
            self._waiting.put_nowait((make, at - self._start))
        except queue.Full:
            self.dropped += 1
            return False
        return True

    def finish(self, at: float) -> None:
        """End the movie with what is shown until `at`, without waiting for that."""
        if not self._over.is_set():
            self.length = at - (at if self._start is None else self._start)
            self._over.set()  # the writer reads the length then
            with suppress(queue.Full):  # else it sees at its next turn that all is over
                self._waiting.put_nowait((None, 0.0))

    def wait(self, seconds: float) -> bool:
        """Wait until the file is closed; return whether it is."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        if sys.platform == "linux":  # where threads have a priority of their own
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        line = ""
        try:
            self._write_all()
        except UserError as error:
            line = error.in_window
        except Exception as error:
            log.exception("the recording %s failed", self.path.name)
            line = f"the recording ended: {type(error).__name__}: {error}"
        self._over.set()
        self._ended(line)

    def _write_all(self) -> None:
        self._ready.set()
        movie: Movie | None = None
        last: Picture | None = None
        written = 0.0
        try:
            while not (self._over.is_set() and self._waiting.empty()):
                make, at = self._waiting.get()
                if make is None:
                    continue
                picture = make()
                if movie is None:
                    movie = Movie(self.path, picture, self._meta)
                elif last is not None and at < written + BEAT_S and np.array_equal(last, picture):
                    continue
                movie.write(picture, at)
                last, written = picture, at
                self.written += 1
            if movie is not None and last is not None and self.length > written:
                movie.write(last, self.length)
        finally:
            if movie is not None:
                movie.close()  # what was written plays, whatever failed
