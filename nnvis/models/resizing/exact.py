"""What PIL makes of a picture, to the last bit, by products of matrices in a third of the time.

PIL weighs pixels along one axis, rounds to levels, and then weighs along the other. Its weights
are whole numbers of 1/2^22, so that a float has room for each, and a product of float matrices
misses a sum by less than a bound that is known (Higham, Accuracy and Stability of Numerical
Algorithms, 2nd ed., section 3.1). Where a sum lies so near to the middle between two levels that
the bound leaves both open, it is made again in whole numbers.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image

try:
    from nnvis.sources.cv2_import import cv2
except ImportError:  # the core alone is installed: numpy does the same, slower
    cv2 = None  # type: ignore[assignment]

_ONE: Final = 1 << 22  # a weight of one, as PIL counts
_TOGETHER: Final = 8  # what is weighed in one product: few zeros, and still a fast one
_ALONE: Final = 1 << 18  # multiplications up to which OpenBLAS leaves the other cores alone
_MANY: Final = 50  # one sum in so many may be made again, before PIL itself is faster

_Levels: TypeAlias = NDArray[np.uint8]
_Floats: TypeAlias = NDArray[np.float32]
_Doubles: TypeAlias = NDArray[np.float64]


# How far a filter reaches to either side, in pixels of what it makes where it shrinks.
REACH: Final = {"bilinear": 1.0, "hamming": 1.0, "bicubic": 2.0, "lanczos": 3.0}


class _Room(threading.local):
    """Memory that is written again for each picture: new memory costs as much as the work."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.generic]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[np.generic]:
        """Return what was last kept under `name`, grown where it is too small; unfilled."""
        size = math.prod(shape)
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            kept = self._kept[name] = np.empty(size, dtype)
        return kept[:size].reshape(shape)

    def floats(self, name: str, *shape: int) -> _Floats:
        """Return room for floats."""
        return self.array(name, shape, np.float32)  # type: ignore[return-value]

    def levels(self, name: str, *shape: int) -> _Levels:
        """Return room for levels."""
        return self.array(name, shape, np.uint8)  # type: ignore[return-value]


_ROOM = _Room()


class Axis:
    """What each pixel of one axis is made of: those `start` to `stop` of `new` from `old`."""

    def __init__(self, old: int, new: int, start: int, stop: int, interpolation: str) -> None:
        places, weights = _asked(old, new, interpolation)
        places, weights = places[start:stop], weights[start:stop]
        some = weights != 0
        self.start, self.stop = int(places[some].min()), int(places[some].max()) + 1
        self.count = stop - start
        self.weights: _Doubles = weights.astype(np.float64)
        self.places = np.clip(places, self.start, self.stop - 1) - self.start
        self._matrices(weights.astype(np.float32) / np.float32(_ONE))
        taps, most = int(some.sum(axis=1).max()), 255 * float(np.abs(self.weights).sum(1).max())
        grain = int(np.bitwise_or.reduce(weights, axis=None))
        grain &= -grain  # the largest power of two that divides all of them
        # Sums of few bits are exact: halves are ties, which go up, and nothing is left open.
        self.nudge = np.float32(grain / 2 / _ONE if most / grain < 1 << 23 else 0)
        off = 0.0 if self.nudge else (taps + 2) * 2.0**-24 * most / _ONE
        self.sure = np.float32(0.5 - off)  # a sum that is less than this off is of that level

    def _matrices(self, weights: _Floats) -> None:
        """Lay the weights of some neighbours at a time into a matrix, over the pixels they share.

        The last group is filled with zeros.
        """
        groups, span = -(-self.count // _TOGETHER), self.stop - self.start
        seen = [
            self.places[first : first + _TOGETHER][weights[first : first + _TOGETHER] != 0]
            for first in range(0, self.count, _TOGETHER)
        ]
        self.length = max(int(places.max() - places.min()) + 1 for places in seen)
        self.begins = [min(int(places.min()), span - self.length) for places in seen]
        self.matrices: _Floats = np.zeros((groups, self.length, _TOGETHER), np.float32)
        for index, (places, shares) in enumerate(zip(self.places, weights, strict=True)):
            group, column = divmod(index, _TOGETHER)
            some = shares != 0
            self.matrices[group, places[some] - self.begins[group], column] = shares[some]
        self.turned: _Floats = np.ascontiguousarray(self.matrices.transpose(0, 2, 1))
        self.padded = groups * _TOGETHER
        self.work = self.length * _TOGETHER  # multiplications for each of the other axis


def _asked(old: int, new: int, interpolation: str) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Ask PIL which pixels it weighs, and how: both (new,taps), the weights in 1/2^22.

    A pixel of a whole number is multiplied by the weight and rounded, just as PIL rounds the
    weights for pixels of levels. One row asks for many weights: its pixels that are not 0 stand so
    far apart that no pixel of the result sees two.
    """
    scale = max(old / new, 1.0)
    reach = REACH[interpolation] * scale
    apart = math.ceil(2 * reach) + 3
    index = np.arange(old)
    comb = np.zeros((apart, old), np.int32)
    comb[index % apart, index] = _ONE
    method = Image.Resampling[interpolation.upper()]
    answer = np.array(Image.fromarray(comb).resize((new, apart), method))
    pixels = np.arange(new)
    first = np.floor((pixels + 0.5) * (old / new) - reach).astype(np.int64) - 1
    places = np.maximum(first, 0)[:, None] + np.arange(apart)
    weights = answer[places % apart, pixels[:, None]]
    weights[places >= old] = 0
    return places, weights


def _split(picture: _Levels, planes: _Levels) -> None:
    """(H,W,3) -> (H,3,W)."""
    if cv2 is None:
        np.copyto(planes, picture.transpose(0, 2, 1))
    else:
        cv2.split(picture, [planes[:, channel] for channel in range(3)])


def _merged(planes: _Levels) -> _Levels:
    """(H,3,W) -> (H,W,3)."""
    if cv2 is None:
        return np.ascontiguousarray(planes.transpose(0, 2, 1))
    return np.asarray(cv2.merge([planes[:, channel] for channel in range(3)]), np.uint8)


def _round(sums: _Floats, levels: _Floats, axis: Axis) -> NDArray[np.int64]:
    """Write the level next to each sum into `levels`; return where it may be another, flat.

    The sums are lost. Those that fill a group up are 0, which is no other.
    """
    if axis.nudge:
        np.add(sums, axis.nudge, out=sums)
    np.rint(sums, out=levels)
    np.subtract(sums, levels, out=sums)
    np.abs(sums, out=sums)
    open_ones = np.flatnonzero(sums > axis.sure)
    np.clip(levels, 0, 255, out=levels)
    return open_ones


def _exact(values: NDArray[np.generic], axis: Axis, which: NDArray[np.int64]) -> _Doubles:
    """Weigh `values`, (N,taps), for pixels `which`, (N,), of an axis in whole numbers."""
    sums = np.einsum("nt,nt->n", values.astype(np.float64), axis.weights[which])
    exact: _Doubles = np.clip(np.floor((sums + _ONE // 2) / _ONE), 0, 255)
    return exact


@dataclass(frozen=True, slots=True)
class ExactResize:
    """Makes a part of a resized picture; `across_first` is the order in which PIL does it."""

    across: Axis
    down: Axis
    across_first: bool

    def __call__(self, picture: _Levels) -> _Levels | None:
        """(H,W,3) -> (h,w,3), the part alone; both uint8. The array is the caller's own.

        None where so many sums lie between two levels (in a drawing) that PIL does it faster.
        """
        across, down = self.across, self.down
        seen = picture[down.start : down.stop, across.start : across.stop]
        if self.across_first:
            rows = self._across(seen)
            made = None if rows is None else self._down(rows.reshape(len(rows), -1))
        else:
            lower = self._down(seen.reshape(len(seen), -1))
            if lower is None:
                return None
            made = self._across(lower[: down.count].astype(np.uint8).reshape(down.count, -1, 3))
        if made is None:
            return None
        levels = made.reshape(-1, 3, across.padded)[: down.count, :, : across.count]
        return _merged(levels.astype(np.uint8))

    def _across(self, picture: _Levels) -> _Floats | None:
        """(H,W,3) -> (H,3,w and some to fill a group)."""
        axis, (high, wide) = self.across, picture.shape[:2]
        rows = _ROOM.floats("rows", high, 3, axis.padded)
        step = max(1, _ALONE // (3 * axis.work))
        found: list[NDArray[np.int64]] = []
        for top in range(0, high, step):
            count = min(step, high - top)
            planes = _ROOM.levels("planes", count, 3, wide)
            # Each row's three lie side by side: planes far apart may share their lines of cache.
            _split(picture[top : top + count], planes)
            pixels = _ROOM.floats("pixels", count, 3, wide)
            np.copyto(pixels, planes, casting="unsafe")
            sums = _ROOM.floats("sums", count, 3, axis.padded)
            flat, into = pixels.reshape(3 * count, wide), sums.reshape(3 * count, axis.padded)
            for group, begin in enumerate(axis.begins):
                columns = slice(group * _TOGETHER, (group + 1) * _TOGETHER)
                part = flat[:, begin : begin + axis.length]
                np.matmul(part, axis.matrices[group], out=into[:, columns])
            here = _round(sums, rows[top : top + count], axis)
            found.append(here + top * 3 * axis.padded)
        again = np.concatenate(found)
        if len(again) > rows.size // _MANY:
            return None
        y, channel, x = np.unravel_index(again, rows.shape)
        values = picture[y[:, None], axis.places[x], channel[:, None]]
        rows[y, channel, x] = _exact(values, axis, x)
        return rows

    def _down(self, rows: NDArray[np.generic]) -> _Floats | None:
        """(H,N) -> (h and some to fill a group,N)."""
        axis, wide = self.down, rows.shape[1]
        made = _ROOM.floats("made", axis.padded, wide)
        step = max(1, _ALONE // axis.work)
        for left in range(0, wide, step):
            columns = slice(left, min(wide, left + step))
            part = rows[:, columns]
            if part.dtype != np.float32:
                pixels = _ROOM.floats("pixels", *part.shape)
                np.copyto(pixels, part, casting="unsafe")
                part = pixels
            sums = _ROOM.floats("sums", axis.padded, part.shape[1])
            for group, begin in enumerate(axis.begins):
                into = sums[group * _TOGETHER : (group + 1) * _TOGETHER]
                np.matmul(axis.turned[group], part[begin : begin + axis.length], out=into)
            levels = made[:, columns]
            again = _round(sums, levels, axis)
            if len(again) > sums.size // _MANY:
                return None
            y, x = np.unravel_index(again, sums.shape)
            levels[y, x] = _exact(part[axis.places[y], x[:, None]], axis, y)
        return made
