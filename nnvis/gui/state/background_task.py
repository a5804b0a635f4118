"""A question whose answer takes a while, asked on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

log = logging.getLogger(__name__)


class _Post(QObject):
    """Brings answers to the thread of the window.

    It lives as long as the program: what another thread emits by must not go in that moment.
    """

    _came = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._came.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    def send(self, task: BackgroundTask, answer: object) -> None:
        """Take an answer along; on any thread."""
        self._came.emit(task, answer)

    @Slot(object, object)
    def _hand_over(self, task: BackgroundTask, answer: object) -> None:
        if isValid(task):  # else its window is gone meanwhile
            task.answered.emit(answer)


_post = cache(_Post)


class BackgroundTask(QObject):
    """`answered` comes on the window's thread, where this is made; nothing comes if asking fails.

    It may go while it is being asked.
    """

    answered = Signal(object)

    def __init__(self, name: str, ask: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name, self._ask = name, ask
        self._thread: threading.Thread | None = None
        self._post = _post()

    def start(self) -> bool:
        """Ask, unless that is under way; return whether it is asked anew."""
        if self._thread is not None and self._thread.is_alive():
            return False
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()
        return True

    def wait(self, timeout: float) -> bool:
        """Wait for the thread to end; return whether it did."""
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _run(self) -> None:
        try:
            answer = self._ask()
        except Exception:
            log.exception("%s failed", self.name)
            return
        self._post.send(self, answer)
