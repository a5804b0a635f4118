"""How often each unit had which value, in buckets that merge exactly.

A bucket holds the values whose first 15 bits as float32 are the same: sign, exponent and six bits
of the fraction. Counts add up in any order to the same, whoever counted what, and a quantile
read from them is within `ERROR` of the true one, relative to its size. DDSketch (Masson, Rim and
Lee 2019, sec. 2) has buckets of equal ratio in place of these, which need no logarithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ERROR = 2.0**-7  # half a bucket over its lower end
_DROPPED = 17  # bits of a float32 that no bucket looks at
_BITS = 15


@dataclass(frozen=True, slots=True, eq=False)
class QuantileSketch:
    """Sorted by unit, then by value; only buckets that hold something."""

    keys: NDArray[np.int64]  # (n,) unit << 15 | bucket
    counts: NDArray[np.int64]  # (n,)


def sketch(values: NDArray[np.float32], good: NDArray[np.bool_]) -> QuantileSketch:
    """Count the (n,U) values that are `good` (n,U), finite ones."""
    units = np.broadcast_to(np.arange(values.shape[1], dtype=np.int64), values.shape)
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32) >> _DROPPED
    negative = bits >> (_BITS - 1) == 1
    buckets = np.where(negative, (1 << _BITS) - 1 - bits, bits + (1 << (_BITS - 1)))
    keys, counts = np.unique((units << _BITS | buckets)[good], return_counts=True)
    return QuantileSketch(keys, counts.astype(np.int64))


def merge(first: QuantileSketch, second: QuantileSketch) -> QuantileSketch:
    """Add two up."""
    if len(first.keys) < len(second.keys):
        first, second = second, first
    if not len(second.keys):
        return first
    places = np.searchsorted(first.keys, second.keys)
    known = first.keys[np.minimum(places, len(first.keys) - 1)] == second.keys
    counts = first.counts.copy()
    counts[places[known]] += second.counts[known]  # a bucket of one is no two of the other
    at, new = places[~known], ~known
    return QuantileSketch(
        np.insert(first.keys, at, second.keys[new]), np.insert(counts, at, second.counts[new])
    )


def of_unit(whole: QuantileSketch, unit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the buckets of `unit`, in the order of their values, and their counts."""
    low, high = np.searchsorted(whole.keys, [unit << _BITS, (unit + 1) << _BITS])
    return whole.keys[low:high] & ((1 << _BITS) - 1), whole.counts[low:high]


def joined(
    units: Sequence[tuple[Sequence[int], Sequence[int]]],
) -> QuantileSketch:
    """Undo `of_unit` for all units: (buckets, counts) of each, in their order."""
    keys = [np.array(buckets, np.int64) + (at << _BITS) for at, (buckets, _) in enumerate(units)]
    counts = [np.array(counts, np.int64) for _, counts in units]
    return QuantileSketch(np.concatenate(keys), np.concatenate(counts))


def quantiles(whole: QuantileSketch, units: int, shares: Sequence[float]) -> NDArray[np.float64]:
    """Return (shares, units): the value that a share of all do not exceed; NaN for none at all.

    It is the middle of the bucket of the element of rank ceil(share * n), the first at least.
    """
    found = np.full((len(shares), units), np.nan)
    if not len(whole.keys):
        return found
    ends = np.searchsorted(whole.keys, np.arange(units + 1) << _BITS)
    upto = np.concatenate([[0], np.cumsum(whole.counts)])
    before, totals = upto[ends[:-1]], upto[ends[1:]] - upto[ends[:-1]]
    known = totals > 0
    middles = _middles(whole.keys & ((1 << _BITS) - 1))
    for row, share in zip(found, shares, strict=True):
        ranks = np.clip(np.ceil(share * totals).astype(np.int64), 1, totals.clip(1))
        at = np.searchsorted(upto[1:], before + ranks)
        row[known] = middles[at[known]]
    return found


def _middles(buckets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the middle of the values of each bucket."""
    half = 1 << (_BITS - 1)
    bits = np.where(buckets >= half, buckets - half, (1 << _BITS) - 1 - buckets) << _DROPPED
    ends = np.stack([bits, bits | ((1 << _DROPPED) - 1)]).astype(np.uint32).view(np.float32)
    found: NDArray[np.float64] = ends.astype(np.float64).mean(0)
    return found
