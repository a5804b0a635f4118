"""One picture from a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`picture` is (H,W,3) uint8 RGB, upright, neither mirrored nor stretched; written once."""

    picture: NDArray[np.uint8]
    index: int  # counts from 0 within its source
    time: float  # when it was made, time.monotonic() seconds
    source: str  # the spec that opens the source again
    label: str = ""  # what a person calls this frame: a file name, "0:07.2" of a video, ...
    position: float | None = None  # what Control.SEEK takes to show it again
    levels: tuple[float, float] | None = None  # the values of its file that became 0 and 255
    scale: str = ""  # which values of a picture file became black and white, and why

    @property
    def name(self) -> str:
        """What this frame is called, whether or not its source has a label for it."""
        return self.label or f"frame {self.index}"
