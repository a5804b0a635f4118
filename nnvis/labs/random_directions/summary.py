"""What the numbers of `directions` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.framework.claims import alike, judge, more
from nnvis.labs.framework.outcome import LabOutcome, Measure
from nnvis.labs.framework.statistics import summary


@dataclass(frozen=True)
class Coherence:
    """Of the directions of one kind; a value a seed."""

    alike: tuple[float, ...]  # mean cosine of two top pictures, -1..1
    spread: tuple[float, ...]  # its deviation over the directions of a run
    pure: tuple[float, ...]  # share of the commonest class, %


def summarise(found: Mapping[str, Coherence], right: tuple[float, ...]) -> LabOutcome:
    """Sum up what the trained networks show, which get `right` % of the test pictures."""
    unit, random, none = found["unit"], found["random"], found["chance"]
    seen = [round(summary(one.alike).mean, 2) + 0.0 for one in (unit, random, none)]
    spread = summary(unit.spread).mean
    findings = judge((
        alike("random directions are as coherent as units, to within one deviation of the units",
              random.alike, unit.alike, spread, digits=2, figure="learn",
              paper="judged by eye: similarly interpretable (Szegedy 2014, sec. 3)"),
        more("units are more coherent than chance", unit.alike, none.alike, digits=2,
             figure="game"),
        more("random directions are more coherent than chance", random.alike, none.alike,
             digits=2),
        alike("and as often of one class, to within 5 points", random.pure, unit.pure, 5.0, "%",
              figure="class"),
    ))  # fmt: skip
    text = (
        f"Of the top pictures two of a unit are alike by {seen[0]:.2f}, two of a random direction "
        f"by {seen[1]:.2f}, two drawn by chance by {seen[2]:.2f}; units differ among each other "
        f"by {spread:.2f}. The commonest class has {summary(unit.pure).mean:.0f} % of a unit's top "
        f"pictures, {summary(random.pure).mean:.0f} % of a random direction's and "
        f"{summary(none.pure).mean:.0f} % of those drawn by chance."
    )
    paper = "judged by eye on MNIST and AlexNet: similarly interpretable"
    measures = (
        Measure("unit", "likeness of a unit's top pictures", unit.alike),
        Measure("random", "of a random direction's", random.alike, "", paper),
        Measure("chance", "of pictures drawn by chance", none.alike),
        Measure("spread", "deviation over units", unit.spread),
        Measure("unit class", "commonest class among a unit's", unit.pure, "%"),
        Measure("random class", "among a random direction's", random.pure, "%"),
        Measure("chance class", "among pictures drawn by chance", none.pure, "%"),
        Measure("right", "right on new pictures", right, "%"),
    )
    return LabOutcome(text, measures, findings)
