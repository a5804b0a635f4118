"""What the numbers of `directions` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, summary


@dataclass(frozen=True)
class Coherence:
    """Of the directions of one kind; a value a seed."""

    alike: tuple[float, ...]  # mean cosine of two top pictures, -1..1
    spread: tuple[float, ...]  # its deviation over the directions of a run
    pure: tuple[float, ...]  # share of the commonest class, %


def summarise(found: Mapping[str, Coherence], right: tuple[float, ...]) -> LabOutcome:
    """Sum up what the trained networks show, which get `right` % of the test pictures."""
    unit, random, none = found["unit"], found["random"], found["chance"]
    gap = tuple(
        abs(a - b) / spread if spread else float("nan")
        for a, b, spread in zip(unit.alike, random.alike, unit.spread, strict=True)
    )
    apart, seen = (
        summary(gap).mean,
        [round(summary(one.alike).mean, 2) + 0.0 for one in (unit, random, none)],
    )
    close = apart <= 1
    text = (
        f"Top pictures along a random direction are {'as' if close else 'not as'} alike as a "
        f"unit's: {seen[1]:.2f} against {seen[0]:.2f}, {apart:.1f} deviations of the units apart. "
        f"Pictures drawn by chance reach {seen[2]:.2f}, so both kinds of direction "
        f"{'show' if min(seen[:2]) > seen[2] + 0.05 else 'hardly show'} something."
    )
    findings = (
        Finding(
            "random directions are as coherent as units, to within one deviation of the units",
            close,
            f"{mean_sd(gap, 'deviations', 2)} apart",
        ),
        Finding(
            "both are more coherent than chance",
            min(seen[:2]) > seen[2] + 0.05,
            f"{mean_sd(unit.alike, '', 2)} and {mean_sd(random.alike, '', 2)}, "
            f"chance {mean_sd(none.alike, '', 2)}",
        ),
    )
    paper = "judged by eye on MNIST, AlexNet and QuocNet: indistinguishable"
    measures = (
        Measure("unit", "likeness of a unit's top pictures", unit.alike),
        Measure("random", "of a random direction's", random.alike, "", paper),
        Measure("chance", "of pictures drawn by chance", none.alike),
        Measure("spread", "deviation over units", unit.spread),
        Measure("unit class", "commonest class among a unit's", unit.pure, "%"),
        Measure("random class", "among a random direction's", random.pure, "%"),
        Measure("right", "right on new pictures", right, "%"),
    )
    return LabOutcome(text, measures, findings)
