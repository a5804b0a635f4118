"""Processes that end when the one that started them is gone, however that ended.

A child asks four times a second whether its parent is still the one it was started by. Linux could
send it a signal instead, but does so already when the *thread* ends that started the child.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

import psutil

_GONE = 1  # exit status
_ASK_S = 0.25


def end_with_parent(parent: int) -> None:
    """End this process when that of the id `parent`, which started it, is gone."""

    def wait() -> None:
        if os.name == "posix":  # an orphan is given to another at once
            while os.getppid() == parent:
                time.sleep(_ASK_S)
        else:
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(parent).wait()
        os._exit(_GONE)  # at once: there is nobody left to tell or to write for

    threading.Thread(target=wait, name="nnvis-parent", daemon=True).start()


def nnvis_command(*words: str) -> list[str]:
    """Return the command that runs `nnvis` with `words`, and ends when this process is gone."""
    begin = (
        "import sys\n"
        "from nnvis.children import end_with_parent\n"
        f"end_with_parent({os.getpid()})\n"
        "from nnvis.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    return [sys.executable, "-c", begin, *words]


class ChildProcess(SpawnProcess):
    """Watches its parent from before its own work is loaded, which may take many seconds."""

    def __new__(cls, parent: int | None = None, **_options: Any) -> ChildProcess:
        """Watch `parent`, which is given where this is unpickled: in the child, before all else."""
        if parent is not None:
            end_with_parent(parent)
        return super().__new__(cls)

    def __getnewargs__(self) -> tuple[int]:
        return (os.getpid(),)


class ChildContext(SpawnContext):
    """Starts processes that end with this one; a fork would copy threads, locks and devices."""

    Process = ChildProcess
