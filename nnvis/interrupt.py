"""Ctrl-C while the program is loading, when it ends without a word, and while it works."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_before: list[Any] = []  # what was done on Ctrl-C outside of each `interrupt_ends`


@contextmanager
def interrupt_ends() -> Iterator[None]:
    """Let Ctrl-C end the process at once, as long as there is nothing to tidy up.

    As an exception it would rise anywhere: half of a library would be loaded, with a traceback, or
    what was loading would take it for a plugin that fails, and go on.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are not its business
        yield
        return
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):  # of a shell's `&`; not Python's
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    _before.append(before)
    try:
        yield
    finally:
        _before.pop()
        signal.signal(signal.SIGINT, before)


@contextmanager
def interrupt_rises() -> Iterator[None]:
    """Let Ctrl-C be an exception for work that tidies up, inside of `interrupt_ends`."""
    if not _before or threading.current_thread() is not threading.main_thread():
        yield
        return
    ends = signal.signal(signal.SIGINT, _before[0])
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ends)
