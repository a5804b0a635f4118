"""Which frames of a stream will be looked at, so that only those are prepared."""

from __future__ import annotations

import time

_WEIGHT = 0.2  # of the newest duration in the running mean
_MARGIN = 1.5  # times the usual gap: frames do not come to the millisecond


class Looks:
    """When the runner will take its next frame, from how long its looks usually take."""

    def __init__(self) -> None:
        self._usual = 0.0  # seconds
        self._began: float | None = None
        self._wants = False  # the next frame would be taken now

    def begin(self) -> None:
        """A look begins."""
        self._wants = False
        self._began = time.monotonic()

    def ready(self) -> None:
        """The next frame would be taken from now on, before this look has ended."""
        if self._began is not None and not self._wants:
            self._wants = True
            self._learn(time.monotonic() - self._began)

    def end(self) -> float:
        """The look has ended; return how long it took."""
        began, self._began = self._began, None
        taken = 0.0 if began is None else time.monotonic() - began
        if not self._wants:
            self._learn(taken)
        return taken

    def left(self, now: float) -> float:
        """Return the seconds until the next frame is wanted; 0 where one is wanted now."""
        began = self._began
        return 0.0 if began is None or self._wants else max(0.0, began + self._usual - now)

    def _learn(self, seconds: float) -> None:
        self._usual += _WEIGHT * (seconds - self._usual)


class Stream:
    """How fast frames come, and what it takes to prepare one; of one capture thread."""

    def __init__(self) -> None:
        self._gap = 0.0  # seconds
        self._cost = 0.0
        self._came: float | None = None
        self._prepared_at = -1e9

    def came(self, now: float) -> None:
        """A frame came."""
        if self._came is not None:
            self._gap += _WEIGHT * (now - self._came - self._gap)
        self._came = now

    def prepared(self, now: float, seconds: float) -> None:
        """The one that came at `now` was prepared."""
        self._prepared_at = now
        self._cost += _WEIGHT * (seconds - self._cost)

    def fresh(self, now: float) -> bool:
        """Whether the newest that was prepared is hardly older than one that comes now."""
        return now - self._prepared_at < _MARGIN * self._gap

    def can_wait(self, left: float) -> bool:
        """Whether a later frame will be ready in time, where one is wanted in `left` seconds."""
        return self._gap > 0 and left > _MARGIN * self._gap + self._cost
