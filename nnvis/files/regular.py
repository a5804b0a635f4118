"""Opening what others name: never a pipe or a device, whatever is put there meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

# O_NONBLOCK: a pipe put there meanwhile must not hold us; neither flag exists everywhere.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_checked(path: Path, check: Callable[[os.stat_result], object]) -> BinaryIO:
    """Open `path` for reading; `check` raises where what was opened may not be read.

    Raises:
        OSError: it cannot be opened.
    """
    handle = os.open(path, _READ)
    try:
        check(os.fstat(handle))  # another thing may lie there than the caller has looked at
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
