"""How far a soak has come: so many frames where a person asked for them, else so much time."""

from __future__ import annotations

import time

from nnvis.bench.measurement import LONGEST_S

SHARE = 0.5  # of it, in which memory may still grow


class Soaking:
    """Counts frames.

    Attributes:
        done: how many were sent.
        warm: in how many of them memory may grow.
    """

    def __init__(self, frames: int | None, settled: int, seconds: float = LONGEST_S) -> None:
        """Go on for `frames`, or else for `seconds`; in `settled` frames at most memory grows."""
        self.done = 0
        self.warm = min(settled, int(frames * SHARE)) if frames else settled
        self._frames, self._seconds, self._begin = frames, seconds, time.monotonic()

    @property
    def goes_on(self) -> bool:
        """Whether more frames are to come."""
        return self.done < self._frames if self._frames else self._part < 1

    @property
    def settling(self) -> bool:
        """Whether memory may still grow."""
        return self.done < self.warm and (self._frames is not None or self._part < SHARE)

    @property
    def _part(self) -> float:
        return (time.monotonic() - self._begin) / self._seconds
