"""Memory that a model had, back to the system, and few heaps in which it can be scattered."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import sys

EVERY_S = 20.0
FIRST_S = 2.5  # after the first time; from then on twice as long each time, up to EVERY_S
_ARENA_MAX, _HEAPS = -8, 2  # M_ARENA_MAX of malloc.h; one for the first thread, one for all others


def share_heaps() -> None:
    """Let all threads share two heaps: each of its own keeps the most that it ever held."""
    if sys.platform.startswith("linux") and "MALLOC_ARENA_MAX" not in os.environ:
        with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(_ARENA_MAX, _HEAPS)


def return_memory() -> None:
    """Let the C library give back what is free; each thread of a model leaves a heap of its own."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class HeapKeeper:
    """Gives back, every so often, what heaps keep of what is free.

    What was in use for a moment, a view or another network, lies scattered in heaps that stay as
    large, with the half of them free; it is the C library's to return, and it does so only at an
    end of a heap. Looking takes 2 ms where nothing is free, 34 ms for 300 MiB that are. It begins
    in short steps: loading a network, and writing it down for a faster library, leaves the most.
    """

    def __init__(self) -> None:
        self._due, self._gap = -math.inf, FIRST_S

    def look(self, now: float) -> None:
        """Do that where it is time to; on the thread of the network, which no window waits for."""
        if now >= self._due:
            self._due = now + self._gap
            self._gap = min(EVERY_S, 2 * self._gap)
            return_memory()
