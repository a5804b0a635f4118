"""A one-place mailbox between two threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """`put` overwrites, `take` empties: old items are dropped and counted, never queued."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._dropped = 0

    def put(self, item: T, merge: Callable[[T, T], T] | None = None) -> bool:
        """Leave `item`; return True when the box was empty, so that the reader must be woken.

        `merge(left, item)` makes of an item that nobody took and the new one what is left instead.
        It runs in the same step as the rest: were the box emptied, merged and filled in three,
        a reader in between would leave it full with nobody told.
        """
        with self._changed:
            left = self._item
            was_empty = left is None
            self._dropped += not was_empty
            self._item = item if left is None or merge is None else merge(left, item)
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
    def full(self) -> bool:
        """Whether there is an item that nobody has taken yet."""
        return self._item is not None

    @property
    def dropped(self) -> int:
        """How many items were overwritten before anybody took them."""
        return self._dropped
