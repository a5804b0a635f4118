"""The end of all parts of the program, each on its own: none waits for another, none for ever."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from nnvis.errors import UserError

log = logging.getLogger(__name__)


def close_parts(parts: Mapping[str, Callable[[float], list[str]]], timeout: float) -> list[str]:
    """End all `parts` at once; return what did not end within `timeout` seconds.

    Each is given the seconds it has, and returns the names of threads that went on. One that fails
    is told in the log, and is at its end.
    """
    stuck: list[str] = []
    running = {}
    for name, close in parts.items():

        def run(name: str = name, close: Callable[[float], list[str]] = close) -> None:
            try:
                stuck.extend(close(0.9 * timeout))
            except UserError as error:
                log.warning("%s", error)
            except Exception:
                log.exception("%s could not be closed", name)

        thread = threading.Thread(target=run, name=f"nnvis-close-{name}", daemon=True)
        thread.start()
        running[name] = thread
    end = time.monotonic() + timeout
    for name, thread in running.items():
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            stuck.append(name)
    for name in stuck:
        log.error("%s did not end", name)
    return stuck
