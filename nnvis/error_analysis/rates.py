"""How often a classifier is right, how it confuses, and what its probabilities are worth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Z = 1.959963984540054  # of 95 %
_BLOCK = 1024  # rows of which a copy is held
Probabilities = NDArray[np.float32] | NDArray[np.float64]  # (N,K), rows that sum to 1


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of `count` with its 95 % interval."""

    value: float  # 0..1; NaN of nothing
    low: float
    high: float
    hits: int
    count: int


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Pictures whose first class had a probability of `low` to `high`."""

    low: float
    high: float
    count: int
    confidence: float  # mean probability
    accuracy: float  # share that is right


@dataclass(frozen=True, slots=True)
class Calibration:
    """Guo et al. 2017, sec. 2."""

    error: float  # expected calibration error (eq. 3): mean gap, weighed by the counts
    bins: tuple[ReliabilityBin, ...]
    brier: float  # mean squared distance to the truth over all classes (Brier 1950)


@dataclass(frozen=True, slots=True)
class LabelSuspect:
    """A picture whose label the network doubts with confidence."""

    row: int
    truth: int
    said: int
    confidence: float
    usual: float  # mean probability of `said` over the pictures that are labelled so


def row_blocks(count: int) -> Iterator[slice]:
    """Yield the rows of a table that is too large to be copied whole, some at a time."""
    for first in range(0, count, _BLOCK):
        yield slice(first, first + _BLOCK)


def rate(hits: int, count: int) -> Rate:
    """Return the share and its interval (Wilson 1927), which stays within 0 and 1."""
    if count == 0:
        return Rate(math.nan, 0.0, 1.0, 0, 0)
    share, z2 = hits / count, _Z**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = _Z * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    low = 0.0 if hits == 0 else max(0.0, middle - reach)
    return Rate(share, low, 1.0 if hits == count else min(1.0, middle + reach), hits, count)


def confusion_matrix(
    truths: NDArray[np.int64], said: NDArray[np.int64], classes: Sequence[int]
) -> NDArray[np.int64]:
    """Count (len(classes) + 1) squared: rows truth, columns answer; the last is any other class."""
    size = len(classes)
    place = {one: index for index, one in enumerate(classes)}
    table = np.zeros((size + 1, size + 1), np.int64)
    rows = [place.get(one, size) for one in truths.tolist()]
    columns = [place.get(one, size) for one in said.tolist()]
    np.add.at(table, (rows, columns), 1)
    return table


def calibrate(
    probabilities: Probabilities, truths: NDArray[np.int64], bins: int = 15
) -> Calibration:
    """Compare the probability of the first class with how often it is right.

    Args:
        probabilities: (N,K), rows that sum to 1.
        truths: (N,).
        bins: of equal width; 15 as in the paper.
    """
    confidence, said = probabilities.max(1).astype(float), probabilities.argmax(1)
    right = said == truths
    edges = np.linspace(0, 1, bins + 1)
    which = np.clip(np.digitize(confidence, edges[1:-1], right=True), 0, bins - 1)
    found = []
    for one in range(bins):
        inside = which == one
        count = int(inside.sum())
        found.append(
            ReliabilityBin(
                float(edges[one]), float(edges[one + 1]), count,
                float(confidence[inside].mean()) if count else math.nan,
                float(right[inside].mean()) if count else math.nan,
            )
        )  # fmt: skip
    error = sum(one.count * abs(one.confidence - one.accuracy) for one in found if one.count)
    own = probabilities[np.arange(len(truths)), truths].astype(float)
    squares = [np.square(probabilities[rows], dtype=float).sum(1) for rows in row_blocks(len(own))]
    brier = float((np.concatenate(squares) - 2 * own + 1).mean())
    return Calibration(error / max(1, len(truths)), tuple(found), brier)


def label_suspects(probabilities: Probabilities, truths: NDArray[np.int64]) -> list[LabelSuspect]:
    """Return pictures that look mislabelled, the surest first (Northcutt et al. 2021, eq. 1).

    A label is doubted where the network gives another class at least the probability that it gives
    that class on average to pictures labelled so. Classes without pictures are no candidates.
    """
    counts = np.bincount(truths, minlength=probabilities.shape[1])
    own = probabilities[np.arange(len(truths)), truths].astype(float)
    sums = np.bincount(truths, own, minlength=probabilities.shape[1])
    usual = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    said, sure = np.zeros(len(truths), np.int64), np.zeros(len(truths))
    for part in row_blocks(len(truths)):
        above = np.where(probabilities[part] >= usual, probabilities[part], -1.0)
        said[part], sure[part] = above.argmax(1), above.max(1)
    rows = np.flatnonzero((sure >= 0) & (said != truths))
    rows = rows[np.argsort(-(sure[rows] - own[rows]), kind="stable")]
    return [
        LabelSuspect(int(row), int(truths[row]), int(said[row]), float(sure[row]),
                     float(usual[said[row]]))
        for row in rows
    ]  # fmt: skip


def holm(ps: Sequence[float]) -> list[float]:
    """Return the p-values corrected for their number (Holm 1979); NaN stays and is not counted."""
    known = sorted((p, place) for place, p in enumerate(ps) if math.isfinite(p))
    corrected = [math.nan] * len(ps)
    worst = 0.0
    for rank, (p, place) in enumerate(known):
        worst = max(worst, min(1.0, p * (len(known) - rank)))
        corrected[place] = worst
    return corrected
