"""A part of a resized picture, to the last bit as PIL makes the whole, without making the rest.

PIL weighs the pixels along each row first, rounds, and then weighs the rows (some versions the
other way round where that is less work). Rows are thus independent of each other, and so are the
columns of what that gives. Where a column begins is known to PIL only as a short float, so that
columns are left out only up to one that begins with a pixel. Whether all this holds is tried out
once for each size that comes again and again, on noise.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# How far a filter reaches to either side, in pixels of what it makes; the weights fade out there.
_REACH = {"bilinear": 1.0, "hamming": 1.0, "bicubic": 2.0, "lanczos": 3.0}
_RARE = 3  # pictures of one size, before it is worth trying


@dataclass(frozen=True, slots=True)
class _Cut:
    """What of which size becomes what; sizes are (height, width)."""

    frame: tuple[int, int]
    size: tuple[int, int]
    part: tuple[int, int, int, int]  # of the resized: top, left, bottom, right
    interpolation: str

    @property
    def method(self) -> Image.Resampling:
        return Image.Resampling[self.interpolation.upper()]

    def whole(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Make the whole, and cut."""
        high, wide = self.size
        top, left, bottom, right = self.part
        image = Image.fromarray(np.ascontiguousarray(picture)).resize((wide, high), self.method)
        return np.array(image.crop((left, top, right, bottom)))

    def alone(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Make no more than needed."""
        (height, width), (high, wide) = self.frame, self.size
        top, left, bottom, right = self.part
        first, last = self._touched(top, bottom, height / high, height)
        step = wide // math.gcd(width, wide)  # each so many columns one begins with a pixel
        begin, end = left // step * step, min(wide, -(-right // step) * step)
        x0, x1 = begin * width // wide, end * width // wide
        least, most = self._touched(begin, end, width / wide, width)
        box = (x0 - least, 0, x1 - least, last - first)
        image = _image(picture, (first, least, last, most))
        rows = image.resize((end - begin, last - first), self.method, box=box)
        # What lies above and below has no weight, but the rows are counted from the top.
        padded = rows.crop((left - begin, -first, right - begin, height - first))
        done = padded.resize((right - left, high), self.method)
        return np.array(done.crop((0, top, right - left, bottom)))

    def _touched(self, start: int, stop: int, scale: float, length: int) -> tuple[int, int]:
        """Return the first pixel that has a weight in [start, stop) of the resized, and the end."""
        reach = _REACH[self.interpolation] * scale + 1
        first, last = math.floor(start * scale - reach), math.ceil(stop * scale + reach)
        return max(0, first), min(length, last)


class _Trial:
    """Whether a part may be made alone: unknown at first."""

    def __init__(self, cut: _Cut) -> None:
        self._cut, self._times = cut, 0
        shrinks = cut.size[0] <= cut.frame[0] and cut.size[1] <= cut.frame[1]
        self._equal: bool | None = None if shrinks and cut.interpolation in _REACH else False

    def passed(self) -> bool:
        """Try it, once the size has come a few times."""
        self._times += 1
        if self._equal is None and self._times > _RARE:
            some = np.random.default_rng(0).integers(0, 256, 65_521, np.uint8)
            noise = np.resize(some, (*self._cut.frame, 3))
            self._equal = np.array_equal(self._cut.alone(noise), self._cut.whole(noise))
        return bool(self._equal)


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
    return (cut.alone if _trial(cut).passed() else cut.whole)(picture)


_KEPT = threading.local()  # .image: a new one costs more than what is written into it


def _image(picture: NDArray[np.uint8], part: tuple[int, int, int, int]) -> Image.Image:
    """Read a part of `picture`: (top, left, bottom, right); it is good until the next call."""
    top, left, bottom, right = part
    if not picture.flags.c_contiguous:
        return Image.fromarray(np.ascontiguousarray(picture[top:bottom, left:right]))
    across, size = 3 * picture.shape[1], (right - left, bottom - top)
    image: Image.Image | None = getattr(_KEPT, "image", None)
    if image is None or image.size != size:
        image = _KEPT.image = Image.new("RGB", size)
    lies = picture.reshape(-1)[top * across + 3 * left : (bottom - 1) * across + 3 * right]
    image.frombytes(lies, "raw", "RGB", across, 1)
    return image
