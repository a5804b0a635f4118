"""Qt's event loop, run by hand and timed."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, Qt, QTimer

TICK_MS = 4


def spin(seconds: float) -> list[float]:
    """Run Qt's event loop; return how many milliseconds each tick came late."""
    return [late for late, _ in ticks(seconds)]


def ticks(seconds: float) -> list[tuple[float, float]]:
    """Run Qt's event loop; return of each tick how late it came, and what this thread computed.

    Both in milliseconds; the second, since the tick before, is the same beside other programs.
    """
    loop = QEventLoop()
    found: list[tuple[float, float]] = []
    due, worked = [time.perf_counter() + TICK_MS / 1000], [time.thread_time()]

    def tick() -> None:
        now, spent = time.perf_counter(), time.thread_time()
        found.append((max(0.0, (now - due[0]) * 1000), (spent - worked[0]) * 1000))
        due[0], worked[0] = now + TICK_MS / 1000, spent

    ticker = QTimer(interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
    ticker.timeout.connect(tick)
    ticker.start()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
    ticker.stop()
    return found


def until(ready: Callable[[], bool], seconds: float = 120.0) -> None:
    """Run Qt's event loop until `ready()`.

    Raises:
        TimeoutError: it was not after `seconds`.
    """
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the window did not come to life")
        spin(0.02)
