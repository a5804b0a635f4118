"""What the numbers of `compress` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.compression.bundled import AnswersKept
from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, paired, summary


@dataclass(frozen=True)
class SizeResult:
    """New pictures right, % a seed, at this size."""

    right: tuple[float, ...]
    kilobytes: float


@dataclass(frozen=True)
class Missing:
    """Pictures of a class that a student never saw, % named right a seed."""

    name: str
    by_labels: tuple[float, ...]
    by_odds: tuple[float, ...]
    mended: tuple[float, ...]  # after its bias was set
    whole: tuple[float, ...]  # of all new pictures, after that


def summarise(
    taught: tuple[float, ...],
    together: float,
    students: Mapping[str, SizeResult],
    missing: Missing,
    smaller: Mapping[str, SizeResult],
    own: int,
    kept: AnswersKept,
) -> LabOutcome:
    """Sum up; `together` is the ensemble's accuracy in %, `own` the pictures a student saw."""
    hard = students["labels"].right
    soft = {name: one.right for name, one in students.items() if name != "labels"}
    best = max(soft, key=lambda name: summary(soft[name]).mean)
    gain = tuple(a - b for a, b in zip(soft[best], hard, strict=True))
    chance = paired(soft[best], hard)
    eight = tuple(a - b for a, b in zip(smaller["bits: 8"].right, taught, strict=True))
    four = smaller["bits: 4"].right
    tenth = smaller["cut off, trained on: 0.1"].right
    bare = smaller["cut off: 0.1"].right
    mended = summary(missing.mended).mean
    showed = summary(gain).mean >= 5 and chance < 0.05
    seen = (
        f"From {own} pictures the student got {mean_sd(hard, '%')} of new ones right with labels "
        f"and {mean_sd(soft[best], '%')} with the ensemble's odds at {best}, "
        + (f"{summary(gain).mean:.1f} points more. " if showed else "no clear gain. ")
        + f"A student that never saw a {missing.name} names {mended:.0f} % of them once its bias "
        f"is set. A network of which a tenth of the weights is kept gets {mean_sd(bare, '%')} "
        f"right, and {mean_sd(tenth, '%')} when it is trained again."
    )
    findings = (
        Finding(
            "odds teach a student at least 5 points more than labels (paired test, p < 0.05)",
            showed,
            f"{mean_sd(gain, 'points')}, p = {chance:.2g}",
        ),
        Finding(
            "8 bits a weight cost less than 0.5 points",
            abs(summary(eight).mean) <= 0.5,
            mean_sd(eight, "points", 2),
        ),
        Finding(
            "odds alone teach a class that was never seen (most of its pictures are named right)",
            mended > 50,
            f"{mean_sd(missing.by_labels, '%')} with labels, {mean_sd(missing.by_odds, '%')} with "
            f"odds, {mean_sd(missing.mended, '%')} when the bias is set as well",
        ),
        Finding(
            "training again mends what cutting off nine tenths breaks",
            paired(tenth, bare) < 0.05,
            f"{mean_sd(bare, '%')} without, {mean_sd(tenth, '%')} with",
        ),
    )
    measures = [
        Measure("teacher", "a large network", taught, "%", "MNIST: 67 errors of 10,000"),
        Measure("ensemble", "the ensemble", (together,), "%"),
        Measure(
            "labels",
            f"student, labels of {own} pictures",
            hard,
            "%",
            "speech, 3 % of the data: 44.5 % of frames right",
        ),
    ]
    for name, right in soft.items():
        paper = "speech, 3 % of the data: 57.0 %" if name == best else ""
        measures.append(Measure(name, f"student, odds at {name}", right, "%", paper))
    measures += [
        Measure("never, labels", f"never saw a {missing.name}: labels", missing.by_labels, "%"),
        Measure("never, odds", f"never saw a {missing.name}: odds", missing.by_odds, "%"),
        Measure(
            "never, mended",
            f"never saw a {missing.name}: odds, bias set",
            missing.mended,
            "%",
            "MNIST: 98.6 % of the threes",
        ),
        Measure("never, whole", "the same student on all new pictures", missing.whole, "%"),
        Measure("4 bits", "4 bits a weight", four, "%"),
    ]
    measures += [
        Measure(name, f"{name}, {one.kilobytes:.0f} KB", one.right, "%")
        for name, one in smaller.items()
        if name != "bits: 4"
    ]
    name = "the bundled network, same first class (over photographs)"
    measures += [
        Measure(f"own, {share:g}", f"{name}, {share:.0%} of weights", _percent(same), "%")
        for share, same in kept.cut.items()
        if share < 1
    ]
    measures += [
        Measure(f"own, {bits} bits", f"{name}, {bits} bits", _percent(same), "%")
        for bits, same in kept.rounded.items()
    ]
    return LabOutcome(seen, tuple(measures), findings)


def _percent(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(100 * one for one in shares)
