"""Means, their uncertainty, and whether two sets of runs differ; runs that failed are left out."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SHARE = (0.0, 100.0)  # what is told in per cent of all lies within
NOT_BELOW_0 = (0.0, sys.float_info.max)  # losses, counts, lengths: a number, which JSON can keep
SURE = 0.05  # a p below it is shown


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the runs that gave a number."""

    count: int
    mean: float
    deviation: float  # of the runs, n - 1; NaN for fewer than two
    low: float  # 95 % confidence interval of the mean, Student's t
    high: float


def summary(values: Sequence[float], within: tuple[float, float] | None = None) -> Summary:
    """Return what the finite ones of `values` say together; none can lie out of `within`."""
    taken = np.array([one for one in values if math.isfinite(one)], float)
    if len(taken) == 0:
        return Summary(0, math.nan, math.nan, math.nan, math.nan)
    mean = float(taken.mean())
    if len(taken) == 1:
        return Summary(1, mean, math.nan, math.nan, math.nan)
    deviation = float(taken.std(ddof=1))
    from scipy import stats  # half a second: not for those who only write a mean

    reach = float(stats.t.ppf(0.975, len(taken) - 1)) * deviation / math.sqrt(len(taken))
    low, high = mean - reach, mean + reach
    if within is not None:
        low, high = max(low, within[0]), min(high, within[1])
    return Summary(len(taken), mean, deviation, low, high)


def paired(more: Sequence[float], less: Sequence[float], grain: float = 0.0) -> float:
    """Return the p of `more` being larger than `less` by chance, run by run (one-sided t).

    Gaps that are all the same have no deviation to compare with; then their signs alone are tested,
    whose p is never below one in two to the number of runs. A share of so many samples is not known
    better than to one of them: with that `grain` the deviation is taken as no smaller.
    """
    gaps = differences(more, less)
    if len(gaps) < 2:
        return math.nan
    if grain > np.std(gaps, ddof=1):
        from scipy import stats

        mean = float(np.mean(gaps))
        return float(stats.t.sf(mean * math.sqrt(len(gaps)) / grain, len(gaps) - 1))
    if np.ptp(gaps) <= 1e-9 * np.abs(gaps).max():
        return 1.0 if gaps[0] <= 0 else 0.5 ** len(gaps)
    from scipy import stats

    return float(stats.ttest_1samp(gaps, 0.0, alternative="greater").pvalue)


def differences(more: Sequence[float], less: Sequence[float]) -> list[float]:
    """Return more - less of each run that gave both numbers."""
    return [a - b for a, b in zip(more, less, strict=True) if math.isfinite(a - b)]


def holm(chances: Sequence[float]) -> list[float]:
    """Return the p of each of several tests made at once, never below its own (Holm 1979).

    With each called shown below 0.05, all of them together are wrong in at most 5 of 100 labs in
    which there is nothing to find. NaN stays NaN and counts for nothing.
    """
    order = sorted((p, place) for place, p in enumerate(chances) if math.isfinite(p))
    found, worst = list(chances), 0.0
    for rank, (p, place) in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - rank) * p))
        found[place] = worst
    return found


def permuted(
    first: Sequence[float], second: Sequence[float], deals: int = 2000, seed: int = 0
) -> float:
    """Return the p of two means as far apart by chance: all values dealt out anew (two-sided).

    (1 + deals as far apart) / (1 + deals), which is never 0 (Phipson & Smyth 2010). It takes the
    values as independent of each other.
    """
    values = np.concatenate([np.asarray(first, float), np.asarray(second, float)])
    count, total = len(first), float(values.sum())
    if not count or count == len(values):
        return math.nan
    found = abs(float(np.mean(first)) - float(np.mean(second)))
    die = np.random.default_rng(seed)
    further = 0
    for _ in range(deals):
        part = float(die.permutation(values)[:count].sum())
        apart = abs(part / count - (total - part) / (len(values) - count))
        further += apart >= found * (1 - 1e-9)
    return (1 + further) / (1 + deals)


def chance(classes: int, samples: int) -> tuple[float, float]:
    """Return the interval that holds 95 % of accuracies (0..1) of guessing among `classes`."""
    from scipy import stats

    low, high = stats.binom.interval(0.95, samples, 1 / classes)
    return float(low) / samples, float(high) / samples


def hits(right: int, of: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the rate (0..1) behind `right` hits in `of` attempts.

    Clopper & Pearson 1934: the rates at which as many hits or more, or fewer, have 2.5 %.
    """

    def tail(rate: float, least: int) -> float:
        return sum(
            math.comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(least, of + 1)
        )

    def rate_of(least: int, level: float) -> float:  # the tail grows with the rate
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if tail(middle, least) < level else (low, middle)
        return low

    return (
        rate_of(right, 0.025) if right else 0.0,
        rate_of(right + 1, 0.975) if right < of else 1.0,
    )


def digits_for(values: Sequence[float]) -> int:
    """Return after how many digits the numbers of a table end: three that say something, or two."""
    largest = max((abs(one) for one in values if math.isfinite(one)), default=0.0)
    return min(6, max(2, 2 - math.floor(math.log10(largest)))) if largest > 0 else 2


def mean_sd(values: Sequence[float], unit: str = "", digits: int = 1) -> str:
    """Return mean and deviation over runs in words, such as "93.1 ± 0.4 %"."""
    taken = [one for one in values if math.isfinite(one)]
    if not taken:
        return "no number"
    after = f" {unit}" if unit else ""
    mean = round(float(np.mean(taken)), digits) + 0.0  # never "-0.0"
    if len(taken) == 1:
        return f"{mean:.{digits}f}{after}"
    return f"{mean:.{digits}f} ± {np.std(taken, ddof=1):.{digits}f}{after}"


def table_cell(values: Sequence[float], unit: str = "") -> str:
    """Return mean and deviation with as many digits as say something."""
    return mean_sd(values, unit, digits_for(values))
