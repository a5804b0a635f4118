"""Which cells of a layer are dead: zero in every one of the last frames."""

from __future__ import annotations

import torch
from torch import Tensor


class DeadUnits:
    """Looks back over at most `span` frames, and holds one number a cell whatever the span."""

    def __init__(self, span: int) -> None:
        self._span = span
        self._seen = 0
        self._last: Tensor | None = None  # (C,h,w) int32: the last frame that was not zero

    @property
    def frames(self) -> int:
        """Over how many frames `dead` tells."""
        return min(self._seen, self._span)

    def add(self, maps: Tensor) -> None:
        """Take in the (C,h,w) maps of the next frame; NaN is not zero."""
        if self._last is None:
            self._last = torch.zeros(maps.shape, dtype=torch.int32, device=maps.device)
        self._seen += 1
        self._last.masked_fill_(maps != 0, self._seen)

    def dead(self) -> Tensor:
        """Return (C,h,w) bool: exactly zero in all of the last `frames` frames.

        Raises:
            ValueError: no frame was added yet.
        """
        if self._last is None:
            raise ValueError("no frame was added yet")
        return self._last <= self._seen - self.frames
