"""How many threads find a core of their own, on a machine on which others compute as well.

The threads of one operation wait for one another without giving their cores away. Where one of
them has to wait for a core that another program has, all of them burn theirs meanwhile: with two
cores and two busy programs, a look at a small network took 1.5 s on two threads and 0.05 on one.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from functools import partial

import psutil

PERIOD_S = 0.5  # between two measurements


class FreeCores:
    """Measures what others take of the cores that this process may use."""

    def __init__(
        self,
        most: int,
        busy: Callable[[], float] | None = None,
        own: Callable[[], float] = time.process_time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to measure.

        Args:
            most: threads to compute with where nobody else does.
            busy: seconds that all programs have taken of these cores.
            own: seconds that this process has taken.
            now: seconds by the clock.
        """
        cores = _allowed()
        self._most, self._own, self._now = most, own, now
        self._busy = busy or partial(_busy, cores)
        self._cores = len(cores)
        self.threads = most
        self._before = self._sample()

    def look(self) -> int:
        """Return how many threads to compute with, at least one; cheap between measurements."""
        at, busy, own = self._before
        if self._now() < at + PERIOD_S:
            return self.threads
        self._before = now = self._sample()
        others = ((now[1] - busy) - (now[2] - own)) / (now[0] - at)  # cores, on average
        # What cannot be measured is no number, and of 0.0 and that `max` returns the former.
        self.threads = min(self._most, max(1, self._cores - int(max(0.0, others) + 0.5)))
        return self.threads

    def _sample(self) -> tuple[float, float, float]:
        return self._now(), self._busy(), self._own()


def _allowed() -> list[int]:
    try:
        return sorted(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # there is no such thing, or it is not told
        return [*range(os.cpu_count() or 1)]


def _busy(cores: Sequence[int]) -> float:
    try:
        each = psutil.cpu_times(percpu=True)
    except (psutil.Error, OSError, RuntimeError, ValueError, LookupError):  # /proc is hidden
        return math.nan
    if len(each) > len(cores):  # else only these are told of, whatever their numbers are
        each = [each[core] for core in cores if core < len(each)]
    # Windows counts what interrupts take as part of "system".
    kinds = ("user", "nice", "system", "irq", "softirq")
    return sum(getattr(one, kind, 0.0) for one in each for kind in kinds)
