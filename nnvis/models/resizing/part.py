"""A part of a resized picture, to the last bit as PIL makes the whole, without making the rest.

Whether that holds with the PIL that is here, and along which axis it begins, is tried out on noise
once for each size that comes again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.models.resizing.axis import REACH, Axis

if TYPE_CHECKING:
    from nnvis.models.resizing.exact import ExactResize

_RARE = 3  # pictures of one size, before it is worth trying


@dataclass(frozen=True, slots=True)
class _Cut:
    """What of which size becomes what; sizes are (height, width)."""

    frame: tuple[int, int]
    size: tuple[int, int]
    part: tuple[int, int, int, int]  # of the resized: top, left, bottom, right
    interpolation: str

    def whole(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Make the whole, and cut."""
        high, wide = self.size
        top, left, bottom, right = self.part
        method = Image.Resampling[self.interpolation.upper()]
        image = Image.fromarray(np.ascontiguousarray(picture)).resize((wide, high), method)
        return np.array(image.crop((left, top, right, bottom)))


class _Trial:
    """Whether a part may be made alone: unknown at first."""

    def __init__(self, cut: _Cut) -> None:
        self._cut, self._times = cut, 0
        shrinks = cut.size[0] <= cut.frame[0] and cut.size[1] <= cut.frame[1]
        self._open = shrinks
        self._alone: ExactResize | None = None

    def alone(self) -> ExactResize | None:
        """Return what makes the part alone, once the size has come a few times."""
        self._times += 1
        if self._open and self._times > _RARE:
            self._open = False
            self._alone = self._found()
        return self._alone

    def _found(self) -> ExactResize | None:
        # OpenCV, which few commands need.
        from nnvis.models.resizing.exact import ExactResize

        if self._cut.interpolation not in REACH:
            return None
        (height, width), (high, wide) = self._cut.frame, self._cut.size
        top, left, bottom, right = self._cut.part
        across = Axis(width, wide, left, right, self._cut.interpolation)
        down = Axis(height, high, top, bottom, self._cut.interpolation)
        some = np.random.default_rng(0).integers(0, 256, 65_521, np.uint8)
        noise = np.resize(some, (height, width, 3))
        expected = self._cut.whole(noise)
        for across_first in (True, False):
            alone = ExactResize(across, down, across_first)
            made = alone(noise)
            if made is not None and np.array_equal(made, expected):
                return alone
        return None


_trial = lru_cache(maxsize=32)(_Trial)


def part_of_resized(
    picture: NDArray[np.uint8],
    size: tuple[int, int],
    part: tuple[int, int, int, int],
    interpolation: str,
) -> NDArray[np.uint8]:
    """Resize `picture`, (H,W,3), to `size`, and return `part` of that: (top, left, bottom, right).

    The array is the caller's own.
    """
    frame = (picture.shape[0], picture.shape[1])
    top, left, bottom, right = part
    if size == frame:
        return picture[top:bottom, left:right].copy()
    cut = _Cut(frame, size, part, interpolation)
    alone = _trial(cut).alone()
    made = None if alone is None else alone(picture)
    return cut.whole(picture) if made is None else made
