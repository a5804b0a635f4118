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
    keys = np.concatenate([first.keys, second.keys])
    if not len(keys):
        return first
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], np.concatenate([first.counts, second.counts])[order]
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return QuantileSketch(keys[begins], np.add.reduceat(counts, begins))


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


def quantile(buckets: NDArray[np.int64], counts: NDArray[np.int64], share: float) -> float:
    """Return the value that `share` of all do not exceed; NaN where nothing was counted.

    It is the middle of the bucket of the element of rank ceil(share * n), the first at least.
    """
    total = int(counts.sum())
    if not total:
        return float("nan")
    rank = min(total, max(1, int(np.ceil(share * total))))
    at = int(np.searchsorted(np.cumsum(counts), rank))
    low, high = edges(int(buckets[at]))
    return (low + high) / 2


def edges(bucket: int) -> tuple[float, float]:
    """Return the values at which a bucket begins and ends, the nearer to 0 first."""
    half = 1 << (_BITS - 1)
    bits = bucket - half if bucket >= half else (1 << _BITS) - 1 - bucket
    ends = np.array([bits << _DROPPED, (bits << _DROPPED) | ((1 << _DROPPED) - 1)], np.uint32)
    low, high = ends.view(np.float32).astype(float)
    return float(low), float(high)
