"""A one-place mailbox between two threads."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """`put` overwrites, `take` empties: old items are dropped and counted, never queued."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._dropped = 0

    def put(self, item: T) -> bool:
        """Leave `item`; return True when the box was empty, so that the reader must be woken."""
        with self._changed:
            was_empty = self._item is None
            self._dropped += not was_empty
            self._item = item
            self._changed.notify()
            return was_empty

    def take(self, timeout: float = 0.0) -> T | None:
        """Return the newest item, waiting at most `timeout` seconds for one; else None."""
        with self._changed:
            if self._item is None and timeout > 0:
                self._changed.wait(timeout)
            item, self._item = self._item, None
            return item

    def wake(self) -> None:
        """End a waiting `take` early, with nothing."""
        with self._changed:
            self._changed.notify()

    @property
    def dropped(self) -> int:
        """How many items were overwritten before anybody took them."""
        return self._dropped
