"""Pictures that a layer takes for similar: by the angle between what it makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4096


def nearest(
    space: NDArray[np.float32], rows: Sequence[int], most: int
) -> list[tuple[int, ...]]:  # fmt: skip
    """Return, for each of `rows` of (N,D), the other rows with the highest cosine, best first."""
    asked = _unit(np.asarray(space[list(rows)]))
    cosines = np.concatenate(
        [
            asked @ _unit(np.asarray(space[first : first + _BLOCK])).T
            for first in range(0, len(space), _BLOCK)
        ],
        axis=1,
    )
    found = []
    for row, own in zip(rows, cosines, strict=True):
        own[row] = -np.inf
        order = np.argsort(-own, kind="stable")[: min(most, len(space) - 1)]
        found.append(tuple(order.tolist()))
    return found


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    values = np.asarray(rows, np.float64)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(np.divide(values, length, out=np.zeros_like(values), where=length > 0))
