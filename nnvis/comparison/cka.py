"""How alike two layers represent the same pictures, whatever the order of their units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FEWEST = 4  # pictures, below which the unbiased estimate does not exist


def cka_matrix(
    first: Sequence[NDArray[np.float32]], second: Sequence[NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Return the debiased linear CKA of each layer of one network with each of another.

    Centred kernel alignment (Kornblith et al. 2019, eq. 4) with the unbiased estimate of HSIC
    (Song et al. 2012, eq. 5; Nguyen et al. 2021, eq. 3): 1 for the same representation up to
    rotation and scale, 0 on average for independent ones; the plain estimate would give those a
    value that grows with the number of units.

    Args:
        first: (N,U) of each layer, the same pictures in the same order.
        second: of the other network.

    Returns:
        (len(first), len(second)); NaN where a layer is constant or N is below FEWEST. Estimates
        of independent layers scatter around 0 and may be negative.
    """
    own, other = [_gram(one) for one in first], [_gram(one) for one in second]
    a = [_hsic(gram, gram) for gram in own]
    b = [_hsic(gram, gram) for gram in other]
    found = np.full((len(own), len(other)), np.nan)
    for row, one in enumerate(own):
        for column, two in enumerate(other):
            scale = a[row] * b[column]
            if scale > 0 and a[row] > 0:
                found[row, column] = _hsic(one, two) / np.sqrt(scale)
    return found


def _gram(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N,U) -> (N,N) inner products with an empty diagonal, of rows brought to a common scale."""
    values = np.asarray(rows, np.float64)
    values = values - values.mean(0)
    size = float(np.abs(values).max(initial=0))
    if size > 0:
        values = values / size  # it cancels out, and squares neither over- nor underflow
    gram: NDArray[np.float64] = values @ values.T
    np.fill_diagonal(gram, 0)
    return gram


def _hsic(k: NDArray[np.float64], l: NDArray[np.float64]) -> float:  # noqa: E741 - as in the paper
    n = len(k)
    if n < FEWEST:
        return float("nan")
    trace = float((k * l).sum())
    both = float(k.sum()) * float(l.sum()) / ((n - 1) * (n - 2))
    cross = 2 * float(k.sum(0) @ l.sum(1)) / (n - 2)
    return (trace + both - cross) / (n * (n - 3))
