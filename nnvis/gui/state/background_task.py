"""A question whose answer takes a while, asked on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

log = logging.getLogger(__name__)


class BackgroundTask(QObject):
    """`answered` comes on the asker's thread; nothing comes when asking fails."""

    answered = Signal(object)
    _found = Signal(object)

    def __init__(self, name: str, ask: Callable[[], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name, self._ask = name, ask
        self._thread: threading.Thread | None = None
        self._found.connect(self.answered, Qt.ConnectionType.QueuedConnection)

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
        try:
            self._found.emit(answer)
        except RuntimeError:  # the window is gone meanwhile
            log.debug("%s: nobody listens", self.name)
