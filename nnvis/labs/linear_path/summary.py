"""What the numbers of `line` say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nnvis.labs.framework.claims import Claim, above, judge, more
from nnvis.labs.framework.outcome import LabOutcome, Measure
from nnvis.labs.framework.statistics import NOT_BELOW_0, summary

SMOOTH = 1.0  # % of the first loss: no hill
MOST = 0.75  # of the runs
POOR = "a start with a past"  # the case in which a hill is looked for
RESIDUAL = "residual"  # how the names of residual networks begin


@dataclass(frozen=True)
class Walked:
    """The line from start to solution, a value a seed."""

    rise: tuple[float, ...]  # above the lowest so far, % of the loss at the start
    first: tuple[float, ...]  # loss at the start
    last: tuple[float, ...]  # at the solution
    tested: tuple[float, ...]  # new pictures right at the solution, %


@dataclass(frozen=True)
class Joined:
    """The ways between two solutions, a value a seed."""

    straight: tuple[float, ...]  # height of the loss above the ends
    curve: tuple[float, ...]
    right: tuple[float, ...]  # new pictures right at the worst place of the curve, %


def summarise(walked: Mapping[str, Walked], joined: Joined) -> LabOutcome:
    """Sum up; of `walked` the case `POOR` is apart from what the claim is about."""
    usual = {name: way for name, way in walked.items() if name != POOR}
    obstacle = walked[POOR].rise
    rises = _finite(usual.values())
    level = sum(one <= SMOOTH for one in rises)
    hills = sorted(name for name, way in usual.items() if max(_finite([way]), default=0) > SMOOTH)
    fell = summary([b for way in usual.values() for b in way.last]).mean
    began = summary([a for way in usual.values() for a in way.first]).mean
    learnt = fell < began / 2
    residual = [way for name, way in usual.items() if name.startswith(RESIDUAL)]
    line, curve = summary(joined.straight).mean, summary(joined.curve).mean
    half = tuple(one / 2 for one in joined.straight)
    nothing = (0.0,) * len(half)
    findings = judge((
        _level("from start to solution", usual.values(), "line",
               "no significant obstacles for a variety of networks (Goodfellow 2015, abstract)"),
        _level("and in residual networks alone", residual, "residual",
               "residual networks came a year after it (He et al. 2015, arXiv 1512.03385); of "
               "modern networks the loss roughly never rises on the way, but stays high until "
               "close to the solution (Frankle 2020, arXiv 2012.06898, abstract)"),
        above(f"a network that had learnt a few samples before, and then all in long steps, has a "
              f"hill of more than {SMOOTH:g} % on its line", obstacle, SMOOTH,
              "% of the first loss", within=NOT_BELOW_0, figure="obstacle",
              paper="none that is significant (Goodfellow 2015, abstract); this case was looked "
              "for so that the lab can fail"),
        more("between two solutions the straight line meets a hill of the loss", joined.straight,
             nothing, "", digits=3, figure="between",
             paper="the loss is high along a line segment connecting two optima (Garipov 2018, "
             "sec. 1)"),
        more("a curve around it has less than half of that height", half, joined.curve, "",
             digits=3, figure="curve", note="; the first is half of the straight line's hill",
             paper="simple curves over which training and test accuracy "
             "are nearly constant (Garipov 2018, abstract)"),
    ))  # fmt: skip
    hill = findings[3].held
    if not learnt:
        seen = f"The networks learned too little (loss {began:.2f} to {fell:.2f}) to tell. "
    elif level == len(rises):
        seen = (
            f"On the straight line from start to solution the loss never rose by more than "
            f"{SMOOTH:g} % of the first loss in any of {len(rises)} runs, while it fell from "
            f"{began:.2f} to {fell:.3f}. "
        )
    else:
        seen = (
            f"A hill stood on the straight line in {len(rises) - level} of {len(rises)} runs "
            f"({', '.join(hills)}), and none in the others. "
        )
    met = sum(one > SMOOTH for one in obstacle if math.isfinite(one))
    seen += (
        "From a start that had learnt a few samples before, in steps five times as long, it rose "
        f"by more than that in {met} of {len(obstacle)} runs, by {summary(obstacle).mean:.0f} % of "
        "the first loss on average. "
    )
    if hill:
        seen += (
            f"Between two solutions of the same task it rises by {line:.2f}, and a curve around "
            f"that hill by {curve:.3f}."
        )
    else:
        seen += f"Between two solutions it rises by {line:.3f}, which is not clearly a hill."
    measures = []
    for name, way in walked.items():
        measures += [
            Measure(
                f"{name}: rise",
                f"{name}: largest rise on the line, of the first loss",
                way.rise,
                "%",
                within=NOT_BELOW_0,
            ),
            Measure(f"{name}: last", f"{name}: loss at the solution", way.last, within=NOT_BELOW_0),
            Measure(f"{name}: tested", f"{name}: new pictures right", way.tested, "%"),
        ]
    measures += [
        Measure(
            "straight", "hill on the straight line between solutions, loss", joined.straight,
            within=NOT_BELOW_0,
        ),
        Measure(
            "curve", "hill on the curve, loss", joined.curve, within=NOT_BELOW_0,
        ),
        Measure("right", "new pictures right at the worst place of the curve", joined.right, "%"),
    ]  # fmt: skip
    return LabOutcome(seen, tuple(measures), findings)


def _finite(ways: Iterable[Walked]) -> list[float]:
    return [one for way in ways for one in way.rise if math.isfinite(one)]


def _level(where: str, ways: Iterable[Walked], figure: str, paper: str) -> Claim:
    """Exact test of the runs that learnt and met no hill against three of four."""
    from scipy.stats import binom

    ways = list(ways)
    rises = _finite(ways)
    runs, highest = len(rises), max(rises, default=math.nan)
    learnt = [
        rise
        for way in ways
        for rise, first, last in zip(way.rise, way.first, way.last, strict=True)
        if math.isfinite(rise) and last < first / 2
    ]
    level = sum(rise <= SMOOTH for rise in learnt)
    unhilled = runs - len(learnt) + level  # a run that learnt nothing is no hill either
    p, opposite = (
        (float(binom.sf(level - 1, runs, MOST)), float(binom.cdf(unhilled, runs, MOST)))
        if runs else (math.nan, math.nan)
    )  # fmt: skip
    took = (
        f"{level} of {runs} runs that learnt" if len(learnt) == runs
        else f"{level} of {runs} runs, of which {len(learnt)} learnt"
    )  # fmt: skip
    measured = (took, f"the largest rise is {highest:.2f} %")
    return Claim(
        f"{where} no hill of more than {SMOOTH:g} % of the first loss stands on the "
        "straight line, in more than three of four runs",
        "; ".join(measured), p, opposite, f"{runs} runs", figure, paper,
    )  # fmt: skip
