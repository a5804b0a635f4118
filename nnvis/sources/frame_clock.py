"""When the next frame of something with a rate of its own is due."""

from __future__ import annotations

import time

_GIVE_UP_S = 0.25  # later than this, time lost is not caught up with a burst


class FrameClock:
    """A clock of `rate` frames/s that keeps its beat as long as it is followed."""

    def __init__(self, rate: float) -> None:
        self.period = 1 / rate
        self.due = 0.0  # time.monotonic() seconds

    def at_once(self) -> None:
        """Forget the beat: the next frame is due now."""
        self.due = 0.0

    def tick(self, lasts: float = 0.0) -> None:
        """A frame was given: the next one is due after `lasts` seconds, or else a period."""
        now = time.monotonic()
        begin = self.due if now - self.due < _GIVE_UP_S else now
        self.due = begin + (lasts or self.period)
