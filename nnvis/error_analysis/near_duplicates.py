"""Pictures that look alike, by the hash of their looks: copies leak from training to test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnvis.top_images.perceptual_hash import KnownHashes


def near_duplicates(hashes: NDArray[np.uint64]) -> list[tuple[int, ...]]:
    """Return groups of rows that look alike; one colour all over (0) looks like none."""
    known, first_of = KnownHashes(), {}
    for row, mark in enumerate(hashes.tolist()):
        if not mark:
            continue
        near = known.near(mark)
        if near is None:
            known.add(mark, row)
        else:
            first_of[row] = near
    groups: dict[int, list[int]] = {}
    for row, near in first_of.items():
        groups.setdefault(near, [near]).append(row)
    return [tuple(rows) for _, rows in sorted(groups.items())]
