"""Memory that a model had, back to the system, and few heaps in which it can be scattered."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path

STEP = 64 << 20  # bytes that a process grows by until its heaps are looked through
EVERY_S = 5.0
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


def own_memory() -> int | None:
    """Return the bytes that no file stands behind; None where the system does not tell at once."""
    try:
        _size, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
        return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


class HeapKeeper:
    """Gives back what heaps keep of what is free, whenever the process has grown by a step.

    What was in use for a moment, a view or another network, lies scattered in heaps that stay as
    large, with the half of them free; it is the C library's to return, and it does so only at an
    end of a heap. Where the growth is of what is in use, the next step counts from there.
    """

    def __init__(self) -> None:
        self._level: int | None = None
        self._due = 0.0

    def look(self, now: float) -> None:
        """Do that where it is time to; on the thread of the network, which no window waits for."""
        if now < self._due:
            return
        self._due = now + EVERY_S
        own = own_memory()
        if own is None:
            return
        if self._level is not None and own > self._level + STEP:
            return_memory()
            self._level = own_memory()
        elif self._level is None or own < self._level:
            self._level = own
