"""Units of two layers, paired one to one by how alike they answer to the same pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DRAWS = 19  # the highest of so many is exceeded by chance in 1 of 20 cases
_MOST = 256  # units of either side that take part in a draw
_LEVEL = 0.05
_NEARLY = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class UnitPair:
    """A unit of each network."""

    first: int
    second: int
    correlation: float  # over the pictures, -1..1


def match_units(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[UnitPair, ...]:
    """Pair units one to one so that they correlate most (Li et al. 2016, sec. 3.1).

    It is the sum of Fisher's z that is largest: that of correlations gives a unit's very copy up
    where two others then get somewhat more alike.

    Args:
        first: (N,U) answers of one layer to N pictures.
        second: (N,V) of the other.

    Returns:
        min(U,V) pairs by unit of the first; units that never change correlate with nothing (0).
    """
    from scipy.optimize import linear_sum_assignment

    table = correlations(first, second)
    rows, columns = linear_sum_assignment(np.arctanh(table.clip(-_NEARLY, _NEARLY)), maximize=True)
    return tuple(
        UnitPair(int(row), int(column), float(table[row, column]))
        for row, column in zip(rows, columns, strict=True)
    )


def unrelated_level(
    first: NDArray[np.float32], second: NDArray[np.float32], *, in_order: bool
) -> float:
    """Return the correlation that a pair of unrelated units is not likely to have (5 %).

    The highest of three: what the best of U x V pairs of independent units reaches (Fisher's z,
    Bonferroni); what the best pair reached while the two were out of step; and what units of one
    and the same layer have in common with the nearest other one: pictures that are brighter, or of
    another class, drive many.

    Args:
        first: (N,U) as for `match_units`.
        second: (N,V).
        in_order: frames of a stream. Neighbours are alike, so that they count for fewer
            (`_independent`), and they are shifted round by a quarter at least; else pictures,
            which are shuffled.
    """
    from scipy.stats import norm

    count = len(first)
    if count < 4:
        return 1.0
    die = np.random.default_rng(0)
    one, two = (
        _standard(rows[:, die.permutation(rows.shape[1])[:_MOST]]) for rows in (first, second)
    )
    pairs = first.shape[1] * second.shape[1]
    free = max(4.0, _independent(one, two) if in_order else count) - 3
    level = math.tanh(float(norm.isf(_LEVEL / max(1, pairs))) / math.sqrt(free))
    for draw in range(_DRAWS):
        shift = count // 4 + draw * (count // 2) // _DRAWS
        order = np.roll(np.arange(count), shift) if in_order else die.permutation(count)
        level = max(level, float((one.T @ two[order]).max(initial=0)))
    return max(level, _nearest(one), _nearest(two))


def _nearest(rows: NDArray[np.float64]) -> float:
    """Return what 95 % of the units stay below in the correlation with the nearest other one."""
    table = rows.T @ rows
    np.fill_diagonal(table, -1)
    return float(np.quantile(table.max(1, initial=-1), 1 - _LEVEL))


def correlations(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N,U), (N,V) -> (U,V) Pearson correlations; 0 where a unit is constant."""
    return np.asarray(_standard(first).T @ _standard(second))


def _independent(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Return for how many independent ones (N,U) and (N,V) in order count (Bartlett 1935)."""
    count, slow = len(one), 1.0
    for lag in range(1, count // 2):
        both = [float(np.median((rows[lag:] * rows[:-lag]).sum(0))) for rows in (one, two)]
        if min(both) <= 0:
            break
        slow += 2 * both[0] * both[1]
    return count / slow


def _standard(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    values = np.asarray(rows, np.float64)
    values = values - values.mean(0)
    length = np.linalg.norm(values, axis=0)
    floor = 1e-6 * np.abs(rows).max(0, initial=0) * np.sqrt(len(rows))  # rounding is no change
    return np.asarray(np.divide(values, length, out=np.zeros_like(values), where=length > floor))
