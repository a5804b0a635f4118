"""What is known of every unit after some of the pictures, and how two such parts become one.

Units of all layers stand side by side on one axis U. A part of n pictures takes memory of
O(U x k), and so does the part of any two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.top_images import quantile_sketch as sketches
from nnvis.top_images.quantile_sketch import QuantileSketch

NONE = -1  # the place of an entry that is not there


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """The k first of every unit, the first on top; ties in the order of the pictures."""

    values: NDArray[np.float32]  # (k,U)
    places: NDArray[np.int64]  # (k,U) of the picture in the listing; NONE: fewer than k
    cells: NDArray[np.int32]  # (k,U) row * width + column


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Of the pictures' peaks, the highest value of a unit's map in each picture."""

    count: NDArray[np.int64]  # (U,)
    mean: NDArray[np.float64]  # (U,)
    squares: NDArray[np.float64]  # (U,) sum of squared distances from the mean
    lowest: NDArray[np.float32]  # (U,) value of any cell; inf before the first picture
    highest: NDArray[np.float32]  # (U,) -inf before the first picture
    dead: NDArray[np.int64]  # (U,) pictures in which no cell was above 0
    bad: NDArray[np.int64]  # (U,) pictures left out for NaN or infinite cells


@dataclass(frozen=True, slots=True, eq=False)
class Accumulator:
    """What is known after some of the pictures."""

    top: Ranks
    bottom: Ranks | None
    moments: Moments
    sketch: QuantileSketch
    skipped: tuple[tuple[int, str], ...]  # place and reason of pictures that could not be read


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """What a network made of n pictures."""

    highs: NDArray[np.float32]  # (n,U) highest value of the unit's map
    high_cells: NDArray[np.int32]  # (n,U) where; the first of equals
    lows: NDArray[np.float32]  # (n,U) lowest value
    low_cells: NDArray[np.int32]  # (n,U)

    def at(self, which: NDArray[np.bool_]) -> Peaks:
        """Return those of some of the pictures, (n,) true."""
        return Peaks(
            self.highs[which], self.high_cells[which], self.lows[which], self.low_cells[which]
        )

    @staticmethod
    def joined(parts: Sequence[Peaks]) -> Peaks:
        """Put the pictures of all parts one after the other."""
        return Peaks(
            np.concatenate([part.highs for part in parts]),
            np.concatenate([part.high_cells for part in parts]),
            np.concatenate([part.lows for part in parts]),
            np.concatenate([part.low_cells for part in parts]),
        )


def summarise(
    peaks: Peaks,
    places: NDArray[np.int64],
    k: int,
    bottom: bool,
    skipped: tuple[tuple[int, str], ...] = (),
) -> Accumulator:
    """Make a part of the pictures at `places` (n,), which ascend."""
    good = np.isfinite(peaks.highs) & np.isfinite(peaks.lows)
    return Accumulator(
        _ranks(peaks.highs, peaks.high_cells, places, good, k),
        _negated(_ranks(-peaks.lows, peaks.low_cells, places, good, k)) if bottom else None,
        moments(peaks, good),
        sketches.sketch(peaks.highs, good),
        skipped,
    )


def merge(first: Accumulator, second: Accumulator) -> Accumulator:
    """Join two parts; the pictures of `first` come before those of `second`."""
    bottom = None
    if first.bottom is not None and second.bottom is not None:
        bottom = _negated(_merge_ranks(_negated(first.bottom), _negated(second.bottom)))
    return Accumulator(
        _merge_ranks(first.top, second.top),
        bottom,
        merge_moments(first.moments, second.moments),
        sketches.merge(first.sketch, second.sketch),
        first.skipped + second.skipped,
    )


def moments(peaks: Peaks, good: NDArray[np.bool_]) -> Moments:
    """Return those of (n,U) peaks, of which `good` (n,U) count."""
    count = good.sum(0)
    values = np.where(good, peaks.highs, 0).astype(np.float64)
    mean = values.sum(0) / np.maximum(count, 1)
    squares = np.where(good, (values - mean) ** 2, 0).sum(0)
    return Moments(
        count=count,
        mean=mean,
        squares=squares,
        lowest=np.where(good, peaks.lows, np.float32(np.inf)).min(0, initial=np.inf),
        highest=np.where(good, peaks.highs, np.float32(-np.inf)).max(0, initial=-np.inf),
        dead=(good & (peaks.highs <= 0)).sum(0),
        bad=(~good).sum(0),
    )


def merge_moments(first: Moments, second: Moments) -> Moments:
    """Chan, Golub and LeVeque 1979, eq. 2.1: no difference of large sums is ever taken."""
    count = first.count + second.count
    share = second.count / np.maximum(count, 1)
    apart = second.mean - first.mean
    return Moments(
        count=count,
        mean=first.mean + apart * share,
        squares=first.squares + second.squares + apart**2 * first.count * share,
        lowest=np.minimum(first.lowest, second.lowest),
        highest=np.maximum(first.highest, second.highest),
        dead=first.dead + second.dead,
        bad=first.bad + second.bad,
    )


def _ranks(
    values: NDArray[np.float32],
    cells: NDArray[np.int32],
    places: NDArray[np.int64],
    good: NDArray[np.bool_],
    k: int,
) -> Ranks:
    known = np.where(good, values, np.float32(-np.inf))
    where = np.where(good, places[:, None], NONE)
    missing = max(0, k - len(values))
    if missing:
        known = np.pad(known, ((0, missing), (0, 0)), constant_values=-np.inf)
        where = np.pad(where, ((0, missing), (0, 0)), constant_values=NONE)
        cells = np.pad(cells, ((0, missing), (0, 0)))
    return _first(Ranks(known, where, cells), k)


def _merge_ranks(first: Ranks, second: Ranks) -> Ranks:
    both = Ranks(
        np.concatenate([first.values, second.values]),
        np.concatenate([first.places, second.places]),
        np.concatenate([first.cells, second.cells]),
    )
    return _first(both, len(first.values))


def _first(ranks: Ranks, k: int) -> Ranks:
    """Keep the k first; the sort is stable, so that of equals the earlier picture comes first."""
    # Sorted along the contiguous axis, which is several times as fast.
    order = np.argsort(-np.ascontiguousarray(ranks.values.T), axis=1, kind="stable")[:, :k].T
    places = np.take_along_axis(ranks.places, order, 0)
    cells = np.take_along_axis(ranks.cells, order, 0)
    return Ranks(
        np.take_along_axis(ranks.values, order, 0),
        places,
        np.where(places == NONE, NONE, cells).astype(np.int32),
    )


def _negated(ranks: Ranks) -> Ranks:
    return Ranks(-ranks.values, ranks.places, ranks.cells)
