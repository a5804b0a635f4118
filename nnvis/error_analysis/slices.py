"""Parts of the pictures that have something in common, and whether they fare worse by chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nnvis.error_analysis.rates import Rate, holm, rate
from nnvis.error_analysis.read_blocks import FACTS

FEWEST = 5  # pictures of a part that is told of
_MOST_VALUES = 40  # different texts of a column; more name pictures rather than parts
_PARTS = 4  # of a column of numbers


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Some of the pictures."""

    column: str
    value: str
    rows: NDArray[np.int64]
    accuracy: Rate
    rest: Rate  # of all others
    p: float  # of a gap as large by chance (Fisher's exact test, two-sided)
    corrected: float  # for all parts compared (Holm)


def compare_slices(
    right: NDArray[np.bool_],
    names: Sequence[str],
    facts: NDArray[np.float32],
    cameras: Sequence[str],
    columns: Mapping[str, Sequence[str]],
) -> list[Slice]:
    """Compare each part with all others; those that most likely differ come first.

    Args:
        right: (N,) which pictures the network gets right.
        names: paths below the folder; each folder is a part.
        facts: (N,4), see FACTS: quarters of each are parts.
        cameras: of EXIF.
        columns: further ones, texts or numbers.
    """
    from scipy import stats

    texts: dict[str, Sequence[str]] = {
        "folder": [name.rpartition("/")[0] for name in names],
        "camera": cameras,
        **{name: values for name, values in columns.items() if not _numeric(values)},
    }
    numbers: dict[str, NDArray[np.float64]] = {
        name: facts[:, place].astype(float) for place, name in enumerate(FACTS)
    }
    numbers |= {
        name: np.array([float(one) if one else np.nan for one in values])
        for name, values in columns.items()
        if _numeric(values)
    }
    found = []
    for column, value, rows in (*_by_text(texts), *_by_number(numbers)):
        inside = np.zeros(len(right), bool)
        inside[rows] = True
        own, rest = int(right[inside].sum()), int(right[~inside].sum())
        count, others = len(rows), len(right) - len(rows)
        p = float(stats.fisher_exact([[own, count - own], [rest, others - rest]]).pvalue)
        found.append((column, value, rows, rate(own, count), rate(rest, others), p))
    corrected = holm([one[-1] for one in found])
    made = [Slice(*one, q) for one, q in zip(found, corrected, strict=True)]
    return sorted(made, key=lambda one: (one.p, one.column, one.value))


def _numeric(values: Sequence[str]) -> bool:
    try:
        found = [float(one) for one in values if one]
    except ValueError:
        return False
    return bool(found) and bool(np.isfinite(found).all()) and len(set(found)) > _PARTS


def _by_text(
    columns: Mapping[str, Sequence[str]],
) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    for column, values in columns.items():
        different = sorted({one for one in values if one})
        if len({*values}) < 2 or len(different) > _MOST_VALUES:
            continue
        array = np.array(values)
        for value in different:
            rows = np.flatnonzero(array == value)
            if FEWEST <= len(rows) < len(values):
                yield column, value, rows


def _by_number(
    columns: Mapping[str, NDArray[np.float64]],
) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    for column, values in columns.items():
        known = values[np.isfinite(values)]
        if len(known) < _PARTS * FEWEST or known.min() == known.max():
            continue
        edges = np.unique(np.quantile(known, np.linspace(0, 1, _PARTS + 1)))
        for place, (low, high) in enumerate(pairwise(edges)):
            last = place == len(edges) - 2
            rows = np.flatnonzero((values >= low) & ((values <= high) if last else values < high))
            if FEWEST <= len(rows) < len(values):
                yield column, f"{low:.4g} to {high:.4g}", rows
