"""The last frames of a stream as they came, within a budget of memory."""

from __future__ import annotations

import threading

import numpy as np

from nnvis.sources.frame import Frame

SECONDS = 30.0
BYTES = 64 << 20  # of all pictures: 72 of 640 x 480, 2 a second; 445 of 224 x 224, 15 a second
AT_ONCE_S = 1.0  # so old, a frame counts half as much as the newest where some have to go


class FrameRing:
    """What does not fit is thinned out with its age; what is left is exact, and never compressed.

    While a person goes back in time the frames of then are held, and those that come are kept
    beside them in a quarter of the memory.
    """

    def __init__(self, seconds: float = SECONDS, budget: int = BYTES) -> None:
        self._seconds, self._budget = seconds, budget
        self._lock = threading.Lock()
        self._frames: list[Frame] = []  # by time
        self._bytes = 0
        self._held: tuple[Frame, ...] | None = None

    def add(self, frame: Frame) -> None:
        """Keep `frame`; on the thread that reads the source."""
        with self._lock:
            newest = (self._frames or self._held or (None,))[-1]
            if newest is frame:
                return
            self._frames.append(frame)
            self._bytes += frame.picture.nbytes
            self._thin(self._budget if self._held is None else self._budget // 4)

    def hold(self, on: bool) -> None:
        """Keep hold of the frames of now for as long as one looks back, or let them go."""
        with self._lock:
            if on and self._held is None:
                self._held, self._frames, self._bytes = tuple(self._frames), [], 0
            elif not on and self._held is not None:
                self._frames, self._held = [*self._held, *self._frames], None
                self._bytes = sum(one.picture.nbytes for one in self._frames)
                self._thin(self._budget)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Those that one can go back to, the oldest first."""
        with self._lock:
            return self._held if self._held is not None else tuple(self._frames)

    @property
    def size(self) -> int:
        """Bytes of all pictures that are kept."""
        with self._lock:
            return self._bytes + sum(one.picture.nbytes for one in self._held or ())

    def clear(self) -> None:
        """Forget everything: the source is another one."""
        with self._lock:
            self._frames, self._bytes, self._held = [], 0, None

    def _thin(self, budget: int) -> None:
        frames = self._frames
        while len(frames) > 1 and frames[0].time < frames[-1].time - self._seconds:
            self._drop(0)
        while len(frames) > 2 and self._bytes > budget:
            self._drop(_least(frames))

    def _drop(self, place: int) -> None:
        self._bytes -= self._frames.pop(place).picture.nbytes


def _least(frames: list[Frame]) -> int:
    """Return which frame, neither the first nor the last, leaves the least gap for its age."""
    times = np.array([one.time for one in frames])
    gaps = (times[2:] - times[:-2]) / (times[-1] + AT_ONCE_S - times[1:-1])
    return 1 + int(gaps.argmin())
