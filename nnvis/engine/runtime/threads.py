"""With how many threads PyTorch computes: as many as it was given, or fewer for a while."""

from __future__ import annotations

import torch


class Threads:
    """Those of this process; whoever takes some of them away does it here, and gives them back."""

    def __init__(self) -> None:
        self._given = self._set = 0

    def given(self) -> int:
        """Return how many there are where nobody takes some away; asked on a thread that begins.

        A thread begins with what any other has set last: what one runner leaves while others keep
        the cores busy, the next one would take for all that there is.
        """
        now = torch.get_num_threads()
        if now != self._set:
            self._given = now
        return self._given

    def use(self, count: int) -> None:
        """Let the calling thread compute with `count` of them, and threads that begin later."""
        self._set = count
        torch.set_num_threads(count)

    def give_back(self) -> None:
        """Let threads that begin later have all of them again."""
        self.use(self._given)


THREADS = Threads()
