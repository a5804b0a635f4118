"""Memory that a model had, back to the system, and few heaps in which it can be scattered."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

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
