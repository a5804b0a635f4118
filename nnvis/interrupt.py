"""Ctrl-C while the program is loading: it ends without a word."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupt_ends() -> Iterator[None]:
    """Let Ctrl-C end the process at once, as long as there is nothing to tidy up.

    As an exception it would rise anywhere: half of a library would be loaded, with a traceback.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are not its business
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
