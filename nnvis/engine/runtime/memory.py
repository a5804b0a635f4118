"""Memory that a model had, back to the system."""

from __future__ import annotations

import ctypes
import sys


def return_memory() -> None:
    """Let the C library give back what is free; each thread of a model leaves a heap of its own."""
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):  # another C library than glibc
        return
