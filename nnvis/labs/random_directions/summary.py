"""What the numbers of `directions` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.framework.outcome import Finding, Measure, Outcome
from nnvis.labs.framework.statistics import summary, told


@dataclass(frozen=True)
class Coherence:
    """Of the directions of one kind; a value a seed."""

    alike: tuple[float, ...]  # mean cosine of two top pictures, -1..1
    spread: tuple[float, ...]  # its deviation over the directions of a run
    pure: tuple[float, ...]  # share of the commonest class, %


def outcome(found: Mapping[str, Coherence], right: tuple[float, ...]) -> Outcome:
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
            f"{told(gap, 'deviations', 2)} apart",
        ),
        Finding(
            "both are more coherent than chance",
            min(seen[:2]) > seen[2] + 0.05,
            f"{told(unit.alike, '', 2)} and {told(random.alike, '', 2)}, "
            f"chance {told(none.alike, '', 2)}",
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
    return Outcome(text, measures, findings)
