"""Warnings of other libraries, heard instead of shown, on any number of threads at once."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

Told = list[warnings.WarningMessage]

_lock = threading.Lock()
_hearing: dict[int, list[Told]] = {}  # by thread, the innermost last
_shared: list[warnings.catch_warnings[None]] = []  # entered by the first, left by the last


@contextmanager
def quiet() -> Iterator[Told]:
    """Yield the list of what this thread is warned of inside; nobody is shown it.

    `warnings.catch_warnings` puts the filters of the whole process aside and back. Where two
    threads do so at once, the one that ends last puts back what the other had set for itself, for
    good; so all of them share one.
    """
    told: Told = []
    if getattr(sys.flags, "context_aware_warnings", 0):  # each thread has its own
        with warnings.catch_warnings(record=True) as mine:
            warnings.simplefilter("always")
            yield mine
        return
    thread = threading.get_ident()
    with _lock:
        if not _hearing:
            _shared.append(warnings.catch_warnings())
            _shared[0].__enter__()
            warnings.simplefilter("always")
            warnings.showwarning = _heard
        _hearing.setdefault(thread, []).append(told)
    try:
        yield told
    finally:
        with _lock:
            _hearing[thread].pop()
            if not _hearing[thread]:
                del _hearing[thread]
            if not _hearing:
                _shared.pop().__exit__(None, None, None)


def _heard(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:  # fmt: skip
    mine = _hearing.get(threading.get_ident())
    if mine:
        mine[-1].append(warnings.WarningMessage(message, category, filename, lineno))
