"""Frames with times, and what reads them from a file: a video or an animated picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A frame of a file."""

    place: int  # grows from frame to frame; in a unit of the reader's own
    seconds: float  # since the first frame
    picture: Callable[[], NDArray[np.uint8]]  # makes it: (H,W,3) RGB, upright, square pixels
    lasts: float = 0.0  # seconds; 0: unknown


class ShotReader(Protocol):
    """One file, opened."""

    rate: Fraction  # frames/s, on average
    seconds: float  # how long it is; 0: unknown
    what: str  # a line about its kind and values

    def next_shot(self) -> Shot | None:
        """Return the next frame, None at the end."""
        ...

    def seek(self, place: int) -> None:
        """Make the frame that is shown at `place` the next one: the last that is not later."""
        ...

    def place_before(self, place: int, count: int) -> int:
        """Return the place of the frame that is `count` before the one at `place`, or the first."""
        ...

    def place_at(self, seconds: float) -> int:
        """Return the place that is so many seconds after the first frame."""
        ...

    def reopen(self) -> None:
        """Begin anew."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...
