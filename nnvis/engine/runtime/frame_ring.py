"""The last frames of a stream as they came, within a budget of memory."""

from __future__ import annotations

import threading

from nnvis.sources.frame import Frame

SECONDS = 30.0
BYTES = (
    256 << 20
)  # of all pictures: 30 s of 640 x 480 at 9 a second, or of 224 x 224 at 30 and more


class FrameRing:
    """What does not fit is thinned out evenly; what is left is exact, and never compressed.

    While a person goes back in time the frames of then are held, and those that come are kept
    beside them: nothing is lost by looking, at the price of twice the budget.
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
            frames = self._frames
            if frames and frames[-1] is frame:
                return
            frames.append(frame)
            self._bytes += frame.picture.nbytes
            while len(frames) > 1 and frames[0].time < frame.time - self._seconds:
                self._drop(0)
            while len(frames) > 2 and self._bytes > self._budget:
                self._drop(_closest(frames))

    def hold(self, on: bool) -> None:
        """Keep hold of the frames of now for as long as one looks back, or let them go."""
        with self._lock:
            if not on:
                self._held = None
            elif self._held is None:
                self._held = tuple(self._frames)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Those that one can go back to, the oldest first."""
        with self._lock:
            return self._held if self._held is not None else tuple(self._frames)

    @property
    def size(self) -> int:
        """Bytes of the pictures that are kept, those held aside."""
        return self._bytes

    def clear(self) -> None:
        """Forget everything: the source is another one."""
        with self._lock:
            self._frames, self._bytes, self._held = [], 0, None

    def _drop(self, place: int) -> None:
        self._bytes -= self._frames.pop(place).picture.nbytes


def _closest(frames: list[Frame]) -> int:
    """Return which frame, neither the first nor the last, leaves the smallest gap behind."""
    gaps = [frames[at + 1].time - frames[at - 1].time for at in range(1, len(frames) - 1)]
    return 1 + gaps.index(min(gaps))
