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
from typing import Final, TypeAlias, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnvis.models.resizing.axis import ONE, TOGETHER, Axis, GroupRow

try:
    from nnvis.sources.cv2_import import cv2
except ImportError:  # the core alone is installed: numpy does the same, slower
    cv2 = None  # type: ignore[assignment]

_ALONE: Final = 1 << 18  # multiplications up to which OpenBLAS leaves the other cores alone
_MANY: Final = 50  # one sum in so many may be made again, before PIL itself is faster

_Levels: TypeAlias = NDArray[np.uint8]
_Floats: TypeAlias = NDArray[np.float32]
_Doubles: TypeAlias = NDArray[np.float64]


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
    if cv2 is None:
        np.abs(np.subtract(sums, levels, out=sums), out=sums)
    else:
        cv2.absdiff(sums, levels, sums)
    open_ones = np.flatnonzero(sums > axis.sure)
    np.clip(levels, 0, 255, out=levels)
    return open_ones


def _exact(values: NDArray[np.generic], axis: Axis, which: NDArray[np.int64]) -> _Doubles:
    """Weigh `values`, (N,taps), for pixels `which`, (N,), of an axis in whole numbers."""
    sums = np.einsum("nt,nt->n", values.astype(np.float64), axis.weights[which])
    exact: _Doubles = np.clip(np.floor((sums + ONE // 2) / ONE), 0, 255)
    return exact


def _parts(
    row: GroupRow, length: int, pixels: _Floats, first: int, count: int, step: int, apart: int
) -> _Floats:
    """Return what each group of `row` weighs, (groups,length,count); the memory is shared.

    Of `pixels`, one after the other in memory, the `first` is where the axis begins; the next of
    the axis is `step` further, the next of the other axis `apart`.
    """
    size = pixels.itemsize
    strides = (row.apart * step * size, step * size, apart * size)
    # numpy's as_strided takes as long as half of such a product.
    shape, offset = (len(row.numbers), length, count), (first + row.begin * step) * size
    return np.ndarray(shape, np.float32, pixels, offset, strides)


class _AcrossRows:
    """Weighs so many rows of a picture across; its views take as long as a product to make."""

    def __init__(self, axis: Axis, high: int, wide: int) -> None:
        self._axis = axis
        # Each row's three lie side by side: planes far apart may share their lines of cache.
        self._planes = _ROOM.levels("planes", high, 3, wide)
        self._three = [self._planes[:, channel] for channel in range(3)]
        self._pixels = _ROOM.floats("pixels", high, 3, wide)
        self._sums = _ROOM.floats("sums", high, 3, axis.padded)
        into = self._sums.reshape(-1, axis.groups, TOGETHER)
        self._products = [
            (
                _parts(row, axis.length, self._pixels, 0, 3 * high, 1, wide).transpose(0, 2, 1),
                matrices,
                into[:, row.groups].transpose(1, 0, 2),
            )
            for row, matrices in axis.rows
        ]

    def weigh(self, picture: _Levels, levels: _Floats) -> NDArray[np.int64]:
        """(high,wide,3) -> (high,3,w and some to fill a group); return what _round returns."""
        if cv2 is None:
            np.copyto(self._planes, picture.transpose(0, 2, 1))
        else:
            cv2.split(picture, self._three)
        np.copyto(self._pixels, self._planes, casting="unsafe")
        for parts, matrices, into in self._products:
            np.matmul(parts, matrices, out=into)
        high = len(levels)
        return _round(self._sums.reshape(high, -1), levels.reshape(high, -1), self._axis)


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
        step = min(high, max(1, _ALONE // (3 * axis.work)))
        found: list[NDArray[np.int64]] = []
        block = _AcrossRows(axis, step, wide)
        for top in range(0, high, step):
            if top + step > high:
                block = _AcrossRows(axis, high - top, wide)
            here = block.weigh(picture[top : top + step], rows[top : top + step])
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
            if part.dtype == np.float32:
                pixels, first = cast(_Floats, rows), left
            else:
                pixels, first = _ROOM.floats("pixels", *part.shape), 0
                np.copyto(pixels, part, casting="unsafe")
                part = pixels
            sums = _ROOM.floats("sums", axis.padded, part.shape[1])
            into = sums.reshape(axis.groups, TOGETHER, -1)
            for row, matrices in axis.turned:
                parts = _parts(row, axis.length, pixels, first, part.shape[1], pixels.shape[1], 1)
                np.matmul(matrices, parts, out=into[row.groups])
            levels = made[:, columns]
            again = _round(sums, levels, axis)
            if len(again) > sums.size // _MANY:
                return None
            y, x = np.unravel_index(again, sums.shape)
            levels[y, x] = _exact(part[axis.places[y], x[:, None]], axis, y)
        return made
