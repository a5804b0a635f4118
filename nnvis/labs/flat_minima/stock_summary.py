"""What the stock markets say: gains with costs, tested by blocks of weeks, over several spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnvis.labs.flat_minima.stock_data import MARKETS, Array
from nnvis.labs.flat_minima.stock_experiment import ALWAYS, NEVER, Traded
from nnvis.labs.framework.claims import Claim
from nnvis.labs.framework.outcome import Measure
from nnvis.labs.framework.statistics import SURE, holm

FMS, BACK, DECAY = "flat minimum search", "backprop", "weight decay"
BLOCK = 26  # weeks that are drawn together: half a year
DRAWS = 2000
YEAR = 52
SPANS = {"first half": (0.0, 0.5), "second half": (0.5, 1.0), "all": (0.0, 1.0)}  # beforehand
PAPER = (
    "DAX by weeks: flat minimum search outperforms the others (Hochreiter & Schmidhuber 1997, "
    "table 4, whose numbers could not be had); from fundamental indicators 44.40 % of all changes, "
    "backprop 41.61, weight decay 40.75 (table 3)"
)

Market = Mapping[str, Traded]


@dataclass(frozen=True)
class Ahead:
    """By how much one gains more than another, % a year, over weeks."""

    mean: float
    low: float  # 95 % by blocks
    high: float
    p: float  # of being ahead by chance
    opposite: float


def told_of_markets(
    markets: Mapping[str, Market],
) -> tuple[str, tuple[Measure, ...], tuple[Claim, ...]]:
    """The sentence, the numbers and the claims, which are of both markets together."""
    claims = tuple(
        _claim(markets, other, words)
        for other, words in (
            (BACK, "flat minimum search gains more in the stock markets than backprop"),
            (DECAY, "and more than weight decay"),
            (ALWAYS, "and more than staying always in the market"),
            (NEVER, "and more than staying out of it"),
        )
    )
    weeks = next(iter(markets.values()))[FMS].gain.shape[1]
    yearly = {name: _yearly(_both(markets, name)) for name in next(iter(markets.values()))}
    order = sorted(yearly, key=lambda name: -yearly[name])
    gains = ", ".join(f"{name} {yearly[name]:+.1f}" for name in order)
    text = (
        f"In {weeks} weeks of both stock markets together, costs taken off, the gains were, in % "
        f"a year: {gains}. "
    )
    ahead = [name for name in yearly if name not in (ALWAYS, NEVER)]
    better = [name for name in ahead if yearly[name] > yearly[ALWAYS]]
    text += (
        f"More than staying always in the market gained: {', '.join(better)}. "
        if better
        else "No method gained more than staying always in the market. "
    )
    spans = _spans(markets)
    clear = sum(p < SURE for p in holm([one.p for one in spans.values()]))
    text += f"In {clear} of {len(spans)} spans flat minimum search was clearly ahead of that."
    return text, _measures(markets, spans), claims


def ahead_of(first: Array, second: Array) -> Ahead:
    """Compare gains (R,W), each the mean over seeds, by drawing blocks of weeks in a circle.

    Politis & Romano 1992; weeks that follow each other are not independent.
    """
    gaps = _mean(first) - _mean(second)
    means = YEAR * _drawn(gaps)
    mean = YEAR * float(gaps.mean())
    low, high = np.quantile(means, [0.025, 0.975])
    # Around no difference, how often would it be as large? Never 0 (Phipson & Smyth 2010).
    off = means - mean
    p, opposite = ((1 + (side * off >= side * mean).sum()) / (1 + DRAWS) for side in (1, -1))
    return Ahead(mean, float(low), float(high), float(p), float(opposite))


def _drawn(values: Array) -> Array:
    """(DRAWS,): the mean of as many of `values` (W,) as there are, in blocks, in a circle."""
    weeks = len(values)
    whole, rest = divmod(weeks, BLOCK)
    begun = np.random.default_rng(0).integers(weeks, size=(DRAWS, whole + (rest > 0)))
    total = np.concatenate([[0.0], np.tile(values, 1 + BLOCK // weeks + 1).cumsum()])
    at = np.arange(weeks)
    blocks, last = (total[at + size] - total[at] for size in (BLOCK, rest))
    sums = blocks[begun[:, :whole]].sum(1) + (last[begun[:, -1]] if rest else 0.0)
    found: Array = sums / weeks
    return found


def _claim(markets: Mapping[str, Market], other: str, words: str) -> Claim:
    first, second = _both(markets, FMS), _both(markets, other)
    gap = ahead_of(first, second)
    apart = (
        f"difference {gap.mean:+.1f} points",
        f"95 % interval {gap.low:+.1f} to {gap.high:+.1f} by blocks of {BLOCK} weeks",
    )
    yearly = f"{_yearly(first):+.1f} % a year against {_yearly(second):+.1f}"
    measured = f"{yearly}; {', '.join(apart)}"
    weeks = f"{first.shape[1]} weeks"
    figure = "sp500" if other == BACK else "nasdaq" if other == ALWAYS else ""
    return Claim(
        words, measured, gap.p, gap.opposite, weeks, figure, PAPER if other == BACK else ""
    )


def _both(markets: Mapping[str, Market], name: str) -> Array:
    """Half of the money in each market, week by week, (R,W)."""
    gains: Array = np.mean([market[name].gain for market in markets.values()], axis=0)
    return gains


def _mean(gain: Array) -> Array:
    """Over the seeds that gave numbers, (W,)."""
    whole = gain[~np.isnan(gain).any(1)]
    found: Array = whole.mean(0) if len(whole) else np.zeros(gain.shape[1])
    return found


def _yearly(gain: Array) -> float:
    return YEAR * float(_mean(gain).mean())


def _spans(markets: Mapping[str, Market]) -> dict[tuple[str, str], Ahead]:
    """Flat minimum search against always up, in each span of each market."""
    found = {}
    for market, methods in markets.items():
        weeks = methods[FMS].gain.shape[1]
        for span, (begin, end) in SPANS.items():
            part = slice(round(begin * weeks), round(end * weeks))
            found[market, span] = ahead_of(
                methods[FMS].gain[:, part], methods[ALWAYS].gain[:, part]
            )
    return found


def _measures(
    markets: Mapping[str, Market], spans: Mapping[tuple[str, str], Ahead]
) -> tuple[Measure, ...]:
    measures = []
    for market, methods in markets.items():
        title = MARKETS[market]
        for name, one in methods.items():
            yearly = tuple((YEAR * one.gain.mean(1)).tolist())
            yearly = yearly[:1] if name in (ALWAYS, NEVER) else yearly  # no seed is in them
            measures.append(
                Measure(f"{market}, {name}: gain", f"{title}, {name}: gain after costs", yearly,
                        "points a year")
            )  # fmt: skip
            if name not in (ALWAYS, NEVER):
                measures += [
                    Measure(f"{market}, {name}: performance",
                            f"{title}, {name}: gained less lost, of all changes",
                            tuple(one.performance.tolist()), "points"),
                    Measure(f"{market}, {name}: signs", f"{title}, {name}: signs right",
                            tuple((100 * one.right.mean(1)).tolist()), "%"),
                ]  # fmt: skip
        up = 100 * float(np.nanmean(methods[ALWAYS].right))
        measures += [
            Measure(f"{market}, up", f"{title}: weeks in which it rose", (up,), "%"),
            Measure(f"{market}, up: performance", f"{title}, always up: gained less lost",
                    (float(methods[ALWAYS].performance[0]),), "points"),
        ]  # fmt: skip
    corrected = holm([one.p for one in spans.values()])
    for ((market, span), gap), p in zip(spans.items(), corrected, strict=True):
        measures.append(
            Measure(
                f"{market}, {span}",
                f"{MARKETS[market]}, {span}: flat minimum search ahead of always up (95 % "
                f"{gap.low:+.1f} to {gap.high:+.1f}, p {p:.2g} after Holm)",
                (gap.mean,), "points a year",
            )
        )  # fmt: skip
    return tuple(measures)
