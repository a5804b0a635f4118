"""Units of two layers, paired one to one by how alike they answer to the same pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class UnitPair:
    """A unit of each network."""

    first: int
    second: int
    correlation: float  # over the pictures, -1..1


def match_units(first: NDArray[np.float32], second: NDArray[np.float32]) -> tuple[UnitPair, ...]:
    """Pair units so that the sum of correlations is largest (Li et al. 2016, sec. 3.1).

    Args:
        first: (N,U) answers of one layer to N pictures.
        second: (N,V) of the other.

    Returns:
        min(U,V) pairs by unit of the first; units that never change correlate with nothing (0).
    """
    from scipy.optimize import linear_sum_assignment

    table = correlations(first, second)
    rows, columns = linear_sum_assignment(table, maximize=True)
    return tuple(
        UnitPair(int(row), int(column), float(table[row, column]))
        for row, column in zip(rows, columns, strict=True)
    )


def correlations(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N,U), (N,V) -> (U,V) Pearson correlations; 0 where a unit is constant."""
    return np.asarray(_standard(first).T @ _standard(second))


def _standard(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    values = np.asarray(rows, np.float64)
    values = values - values.mean(0)
    length = np.linalg.norm(values, axis=0)
    floor = 1e-6 * np.abs(rows).max(0, initial=0) * np.sqrt(len(rows))  # rounding is no change
    return np.asarray(np.divide(values, length, out=np.zeros_like(values), where=length > floor))
