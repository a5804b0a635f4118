"""Which units tell some pictures from the others: the area under the ROC of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.error_analysis.rates import rate

_Z = 1.959963984540054
FEWEST = 4  # pictures on either side, of which half are held out


@dataclass(frozen=True, slots=True)
class UnitSeparation:
    """One unit, judged on pictures that had no part in choosing it."""

    layer: str
    unit: int
    auc: float  # 0..1; above 0.5 where the selected pictures drive it more
    low: float  # 95 % interval
    high: float
    chosen_by: float  # its AUC on the half that it was chosen by
    # By how much the logit of the class that was said leads by less without it, where that was
    # measured; below 0: it speaks against that class.
    pull: float = math.nan


def alike_but_right(
    selected: NDArray[np.bool_], right: NDArray[np.bool_], truths: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return (N,) the pictures of the same classes that the network gets right.

    Held against pictures of all classes, a unit that knows the class stands as high as the one
    that leads the network astray. Empty where there are too few to compare with.
    """
    found: NDArray[np.bool_] = right & ~selected & np.isin(truths, np.unique(truths[selected]))
    return found if found.sum() >= FEWEST else np.zeros_like(found)


def choosing_half(
    selected: NDArray[np.bool_], against: NDArray[np.bool_], seed: int
) -> NDArray[np.bool_]:
    """Return (N,) a half of `selected` and of `against`, by which units are chosen."""
    die = np.random.default_rng(seed)
    first = np.zeros(len(selected), bool)
    for side in (selected, against):
        rows = die.permutation(np.flatnonzero(side))
        first[rows[: len(rows) // 2]] = True
    return first


def rank_units(
    activations: NDArray[np.float32],
    selected: NDArray[np.bool_],
    units: tuple[tuple[str, int], ...],
    seed: int = 0,
    most: int = 50,
    against: NDArray[np.bool_] | None = None,
) -> list[UnitSeparation]:
    """Rank units by how well they separate `selected` from `against`, on one half of each.

    What is told of a unit is of the other half, so that the best of many is not the luckiest.

    Args:
        activations: (N,U).
        selected: (N,).
        units: layer and number of each column.
        seed: of the halves.
        most: how many are returned.
        against: (N,); None: all others.

    Returns:
        The clearest first: by distance of the AUC from 0.5 on the choosing half; of equal ones
        those whose values lie farthest apart there, by their spread.
    """
    against = ~selected if against is None else against
    first = choosing_half(selected, against, seed)
    last = (selected | against) & ~first
    if min(int((selected & first).sum()), int((against & first).sum())) < FEWEST // 2:
        return []
    values, own = activations[first], selected[first]
    chosen, _ = areas(values, own)
    clear = np.abs(chosen - 0.5).round(9)  # means of as many numbers differ in the last bits
    order = np.lexsort((-_apart(values, own), -clear))[:most]
    held, error = areas(activations[last][:, order], selected[last])
    found, fewest = [], int(min((selected & last).sum(), (against & last).sum()))
    for place, column in enumerate(order):
        layer, unit = units[column]
        low, high = held[place] - _Z * error[place], held[place] + _Z * error[place]
        if error[place] == 0:  # all are told apart, which few pictures may be by chance
            # As of a share of the smaller side, whose variance is never less (Birnbaum 1956).
            bound = rate(round(held[place] * fewest), fewest)
            low, high = bound.low, bound.high
        found.append(
            UnitSeparation(
                layer, unit, float(held[place]), float(max(0.0, low)), float(min(1.0, high)),
                float(chosen[column]),
            )
        )  # fmt: skip
    return found


def _apart(values: NDArray[np.float32], selected: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how far the means of both sides lie apart, over the spread within them: (U,)."""
    one, other = values[selected].astype(float), values[~selected].astype(float)
    spread = np.sqrt((one.var(0) + other.var(0)) / 2)
    between = np.abs(one.mean(0) - other.mean(0))
    return np.asarray(between / (spread + 1e-6 * np.abs(values).max(0) + 1e-30))


def areas(
    values: NDArray[np.float32], selected: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the AUC of each column and its standard error (DeLong et al. 1988; ties count half).

    Args:
        values: (N,U).
        selected: (N,) the positives.
    """
    from scipy.stats import rankdata

    ones, zeros = int(selected.sum()), int((~selected).sum())
    ranks = rankdata(values, axis=0)
    own = rankdata(values[selected], axis=0)
    other = rankdata(values[~selected], axis=0)
    above = (ranks[selected] - own) / zeros  # share of the others below each of the selected
    below = 1 - (ranks[~selected] - other) / ones
    auc = above.mean(0)
    variance = np.zeros(values.shape[1])
    if ones > 1:
        variance += above.var(0, ddof=1) / ones
    if zeros > 1:
        variance += below.var(0, ddof=1) / zeros
    return auc, np.sqrt(variance)
