"""What the numbers of `line` say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, summary

SMOOTH = 1.0  # % of the first loss: no hill


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
    straight_top: tuple[float, ...]  # the largest loss
    curve_top: tuple[float, ...]
    right: tuple[float, ...]  # new pictures right at the worst place of the curve, %


def summarise(walked: Mapping[str, Walked], joined: Joined) -> LabOutcome:
    """Sum up."""
    rises = {
        (name, seed): one
        for name, way in walked.items()
        for seed, one in enumerate(way.rise)
        if math.isfinite(one)
    }
    level = sum(one <= SMOOTH for one in rises.values())
    share = 100 * level / len(rises) if rises else 0.0
    hills = sorted({name for (name, _), one in rises.items() if one > SMOOTH})
    fell = summary([b for way in walked.values() for b in way.last]).mean
    began = summary([a for way in walked.values() for a in way.first]).mean
    learnt = fell < began / 2
    line, curve = summary(joined.straight).mean, summary(joined.curve).mean
    ends = summary(
        [top - hill for top, hill in zip(joined.straight_top, joined.straight, strict=True)]
    )
    hill = line > max(0.1, 2 * abs(ends.mean))
    around = curve / line if line > 0 else math.nan
    findings = (
        Finding(
            f"no hill above {SMOOTH:g} % of the first loss from start to solution, "
            "in at least 90 % of the runs",
            learnt and share >= 90,
            f"{level} of {len(rises)} runs; the largest rise is "
            f"{max(rises.values(), default=math.nan):.2f} %",
        ),
        Finding(
            "between two solutions the straight line meets a hill",
            hill,
            f"{mean_sd(joined.straight, digits=3)} above the ends",
        ),
        Finding(
            "a curve around it has less than half of that height",
            hill and around < 0.5,
            f"{mean_sd(joined.curve, digits=3)}, {100 * around:.1f} % of the straight line's",
        ),
    )
    if not learnt:
        seen = f"The networks learned too little (loss {began:.2f} to {fell:.2f}) to tell. "
    elif share >= 90:
        seen = (
            f"On the straight line from start to solution the loss never rose by more than "
            f"{SMOOTH:g} % in {level} of {len(rises)} runs, while it fell from {began:.2f} to "
            f"{fell:.3f}. "
        )
    else:
        seen = (
            f"A hill stood on the straight line in {len(rises) - level} of {len(rises)} runs "
            f"({', '.join(hills)}), so the finding did not show everywhere. "
        )
    if hill:
        seen += (
            f"Between two solutions of the same task it rises by {line:.2f}, and a curve around "
            f"that hill by {curve:.3f}."
        )
    else:
        seen += f"Between two solutions it rises by no more than {line:.3f}: there was no hill."
    measures = []
    paper = {
        "maxout": "maxout on MNIST: no hill",
        "sigmoid": "sigmoids on MNIST: no hill",
        "ReLU": "ReLUs on MNIST: no hill",
    }
    for name, way in walked.items():
        measures += [
            Measure(
                f"{name}: rise",
                f"{name}: largest rise on the line, of the first loss",
                way.rise,
                "%",
                paper.get(name, ""),
            ),
            Measure(f"{name}: last", f"{name}: loss at the solution", way.last),
            Measure(f"{name}: tested", f"{name}: new pictures right", way.tested, "%"),
        ]
    measures += [
        Measure(
            "straight", "hill on the straight line between solutions, loss", joined.straight, "",
            "ResNets on CIFAR: a high wall of loss (Garipov 2018, fig. 1)",
        ),
        Measure(
            "curve", "hill on the curve, loss", joined.curve, "",
            "ResNets on CIFAR: nearly constant along the curve (Garipov 2018)",
        ),
        Measure("right", "new pictures right at the worst place of the curve", joined.right, "%"),
    ]  # fmt: skip
    return LabOutcome(seen, tuple(measures), findings)
