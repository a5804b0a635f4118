"""Qt's event loop, run by hand and timed."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, Qt, QTimer

TICK_MS = 4


def spin(seconds: float) -> list[float]:
    """Run Qt's event loop; return how many milliseconds each tick came late."""
    loop = QEventLoop()
    delays: list[float] = []
    due = [time.perf_counter() + TICK_MS / 1000]

    def tick() -> None:
        now = time.perf_counter()
        delays.append(max(0.0, (now - due[0]) * 1000))
        due[0] = now + TICK_MS / 1000

    ticker = QTimer(interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
    ticker.timeout.connect(tick)
    ticker.start()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
    ticker.stop()
    return delays


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
