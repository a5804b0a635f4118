"""What was expected beforehand, tested over seeds, and judged with all of a lab's tests in view.

Each claim has a one-sided p; Holm's correction makes them one family. A p that is not small says
that so many seeds do not show it, never that there is no effect: the interval says how large it
may still be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nnvis.labs.framework.outcome import Finding
from nnvis.labs.framework.statistics import (
    SHARE,
    SURE,
    differences,
    holm,
    mean_sd,
    paired,
    summary,
)


@dataclass(frozen=True)
class Claim:
    """What the paper makes expect, and how likely numbers like these are without it."""

    expected: str
    measured: str
    p: float  # one-sided; NaN where nothing can be tested
    opposite: float = math.nan  # the p of the opposite
    over: str = ""  # what was counted, such as "5 seeds"
    figure: str = ""  # the panel or picture that shows it
    paper: str = ""  # what the paper found, with the place


def more(
    expected: str,
    high: Sequence[float],
    low: Sequence[float],
    unit: str = "",
    *,
    least: float = 0.0,
    digits: int = 1,
    figure: str = "",
    paper: str = "",
    note: str = "",
    factors: bool = False,
) -> Claim:
    """`high` exceeds `low` run by run, by more than `least`; paired t test.

    With `factors` it is their ratio that is tested, of numbers above 0.
    """
    told = [f"{mean_sd(high, unit, digits)} against {mean_sd(low, unit, digits)}"]
    if factors:
        high, low = ([math.log(one) if one > 0 else math.nan for one in row] for row in (high, low))
    gaps = differences(high, low)
    told.append(
        _ratio_text(gaps) if factors
        else _gap_text(gaps, "points" if unit == "%" else unit, digits)
    )  # fmt: skip
    text = "; ".join(told)
    floor = [one + least for one in low]
    return Claim(
        expected, text + note, paired(high, floor), paired(floor, high), seeds_of(gaps), figure,
        paper,
    )  # fmt: skip


def above(
    expected: str,
    values: Sequence[float],
    threshold: float,
    unit: str = "",
    *,
    digits: int = 1,
    figure: str = "",
    paper: str = "",
    note: str = "",
    within: tuple[float, float] | None = None,
    of: int = 0,
) -> Claim:
    """`values`, which lie `within`, are above `threshold` on average; one-sample t test.

    Those that are % of so many samples say how many in `of`.
    """
    within = SHARE if unit == "%" else within
    found = summary(values, within)
    text = mean_sd(values, unit, digits)
    if found.count > 1:
        text = f"{text} (95 % interval {found.low:.{digits}f} to {found.high:.{digits}f})"
    line, grain = [threshold] * len(values), 100 / of if of else 0.0
    return Claim(
        expected, text + note, paired(values, line, grain), paired(line, values, grain),
        seeds_of(values), figure, paper,
    )  # fmt: skip


def alike(
    expected: str,
    first: Sequence[float],
    second: Sequence[float],
    bound: float,
    unit: str = "",
    *,
    digits: int = 1,
    figure: str = "",
    paper: str = "",
) -> Claim:
    """`first` and `second` differ by less than `bound` either way: two one-sided tests.

    Schuirmann 1987: the larger p of the two. No difference found is not yet alike.
    """
    gaps = differences(first, second)
    edge = [bound] * len(gaps)
    p = max(paired(edge, gaps), paired(gaps, [-one for one in edge]))
    told = (
        f"{mean_sd(first, unit, digits)} and {mean_sd(second, unit, digits)}",
        _gap_text(gaps, "points" if unit == "%" else unit, digits),
        f"alike is less than {bound:.2g} apart",
    )
    # Further apart than that, on one side or on the other: twice the smaller p.
    apart = min(1.0, 2 * min(paired(gaps, edge), paired([-one for one in edge], gaps)))
    return Claim(expected, "; ".join(told), p, apart, seeds_of(gaps), figure, paper)


def judge(claims: Sequence[Claim]) -> tuple[Finding, ...]:
    """Test all claims of a lab as one family (Holm 1979)."""
    corrected = holm([one.p for one in claims])
    turned = holm([one.opposite for one in claims])
    found = []
    for claim, p, opposite in zip(claims, corrected, turned, strict=True):
        held = p < SURE
        if held:
            verdict = "shown"
        elif opposite < SURE:
            verdict = "the opposite was measured"
        else:
            verdict = f"not shown with {claim.over}" if claim.over else "not shown"
        chance = p_text(p) if math.isfinite(p) else "too few runs to test"
        found.append(
            Finding(
                claim.expected, held, f"{claim.measured}; {chance}", verdict, claim.figure,
                claim.paper,
            )
        )  # fmt: skip
    return tuple(found)


def p_text(p: float) -> str:
    """A p as it is written."""
    return "p = 0.001 or less" if p <= 0.001 else f"p = {p:.2g}"


def seeds_of(values: Sequence[float]) -> str:
    """How many runs are compared, in words."""
    count = sum(math.isfinite(one) for one in values)
    return f"{count} seed{'s' if count != 1 else ''}"


def _ratio_text(logs: Sequence[float]) -> str:
    found = summary(logs)
    if found.count == 0:
        return "no number"
    told = [f"{math.exp(found.mean):.1f} times as high"]
    if found.count > 1:
        told.append(f"95 % interval {math.exp(found.low):.1f} to {math.exp(found.high):.1f}")
    return ", ".join(told)


def _gap_text(gaps: Sequence[float], unit: str, digits: int) -> str:
    within = (-100.0, 100.0) if unit == "points" else None
    found, after = summary(gaps, within), f" {unit}" if unit else ""
    if found.count == 0:
        return "no number"
    told = [f"difference {found.mean:+.{digits}f}{after}"]
    if found.count > 1:
        told.append(f"95 % interval {found.low:+.{digits}f} to {found.high:+.{digits}f}")
        if found.deviation > 0:
            told.append(f"effect d = {found.mean / found.deviation:.1f}")
    return ", ".join(told)
