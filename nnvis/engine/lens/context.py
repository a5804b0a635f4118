"""What a page of the lens is given of one frame, and how often it may work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nnvis.imaging.colour_options import Shading
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.sources.frame import Frame

SHARE = 4  # after work the line goes on for so many times as long as the work took


@dataclass(frozen=True, slots=True, eq=False)
class LensContext:
    """One look, as the network's thread has it."""

    model: VisionModel
    layer: LayerInfo
    unit: int
    cell: tuple[int, int]
    maps: Tensor  # (C,h,w), of the clean frame
    frame: Frame
    fed: NDArray[np.uint8]  # (H,W,3)
    new: bool  # not the frame of the look before
    shading: Shading


class Cadence:
    """Spreads work out, so that the live line keeps most of the time."""

    def __init__(self, least: float) -> None:
        """Begin; work is due at once, later `least` seconds apart or more."""
        self._least = least
        self._next = 0.0

    @property
    def due(self) -> bool:
        """Whether enough time has gone by."""
        return time.monotonic() >= self._next

    def hurry(self) -> None:
        """Make the work due."""
        self._next = 0.0

    @contextmanager
    def work(self) -> Iterator[None]:
        """Measure the work inside."""
        begin = time.monotonic()
        try:
            yield
        finally:
            end = time.monotonic()
            self._next = end + max(self._least, SHARE * (end - begin))
