"""Stands for a link to a device: a copy to the host is made when it is awaited, and not before.

The blocks that it is made to are used over and over, as pinned memory is: whoever keeps a part of
one sees another look's values there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class LateLink:
    """Tells `said` what is done by it, in order: "up", "down" and "wait" with a number."""

    device = torch.device("cpu")

    def __init__(self, said: Callable[[str], object] = lambda _what: None, blocks: int = 2) -> None:
        self.said = said
        self.ups = self.downs = self.waits = 0
        self.quick = False  # whether the device is done with everything at once
        self._blocks = [np.zeros(0, np.uint8) for _ in range(blocks)]

    def up(self, picture: NDArray[np.uint8]) -> Tensor:
        """Copy a picture, which may be overwritten from now on."""
        self.ups += 1
        self.said(f"up {self.ups}")
        return torch.from_numpy(picture.copy())

    def down(self, block: Tensor) -> LateLanding:
        """Begin to copy a block."""
        self.downs += 1
        self.said(f"down {self.downs}")
        return LateLanding(self, block.clone(), self.downs)

    def room(self, number: int, size: int) -> NDArray[np.uint8]:
        """Return the block that copy `number` is made to."""
        at = number % len(self._blocks)
        if len(self._blocks[at]) < size:
            self._blocks[at] = np.zeros(size, np.uint8)
        return self._blocks[at][:size]


class LateLanding:
    """One block that is on its way."""

    def __init__(self, link: LateLink, sent: Tensor, number: int) -> None:
        self._link, self._sent, self._number = link, sent, number
        self._waited = False

    @property
    def done(self) -> bool:
        """Whether it is there."""
        return self._waited or self._link.quick

    def wait(self) -> NDArray[np.uint8]:
        """Copy it now."""
        if not self._waited:
            self._waited = True
            self._link.waits += 1
            self._link.said(f"wait {self._number}")
        room = self._link.room(self._number, len(self._sent))
        room[:] = self._sent.numpy()
        return room
