"""What the numbers of `memorise` say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import chance, mean_sd, paired, summary

RIGHT, CHANCE = "true labels", "chance labels"


@dataclass(frozen=True)
class Fitted:
    """How one case went, a value a seed."""

    learnt: tuple[float, ...]  # training pictures right at the end, %
    epochs: tuple[float, ...]  # until all were right, NaN if never
    tested: tuple[float, ...]  # new pictures right, %


def summarise(
    found: Mapping[str, Fitted], true: str, classes: int, tests: int, size: int, exact: float
) -> LabOutcome:
    """Sum up; `size` and `exact` (0..1) are of the network that was written down."""
    right, by_chance = found[true], found[CHANCE]
    low, high = (100 * one for one in chance(classes, tests))
    mean = summary(by_chance.tested).mean
    hindered = {n: one for n, one in found.items() if n not in _plain(found)}
    slower = paired(by_chance.epochs, right.epochs)
    all_learnt = not any(math.isnan(one) for one in by_chance.epochs)
    ratio = summary(by_chance.epochs).mean / summary(right.epochs).mean
    least = min(summary(one.learnt).mean for one in hindered.values())
    weakest = min(hindered, key=lambda name: summary(hindered[name].learnt).mean)
    findings = (
        Finding(
            "labels drawn by chance are learnt to the last one",
            all_learnt,
            f"{mean_sd(by_chance.learnt, '%')} of them",
        ),
        Finding(
            "and help nothing with new pictures",
            low <= mean <= high,
            f"{mean_sd(by_chance.tested, '%')} right, guessing gives {low:.1f} to {high:.1f} %",
        ),
        Finding(
            "learning chance takes longer than learning what is there",
            slower < 0.05,
            f"{mean_sd(by_chance.epochs, 'epochs', 0)} instead of {mean_sd(right.epochs, '', 0)}",
        ),
        Finding(
            "no regulariser at its usual strength prevents it (95 % are still learnt)",
            least >= 95,
            "; ".join(f"{name}: {mean_sd(one.learnt, '%')}" for name, one in hindered.items()),
        ),
        Finding(
            "2n + d weights fit any labels exactly",
            exact == 1,
            f"{size} weights, {100 * exact:.1f} % right",
        ),
    )
    if all_learnt:
        seen = (
            f"The network learnt {mean_sd(by_chance.learnt, '%')} of the chance labels, "
            f"in {ratio:.1f} times as many epochs as true ones, and then named {mean:.0f} % of new "
            f"pictures (guessing: {100 / classes:.0f} %). "
        )
    else:
        seen = (
            "In the time given the network learnt only "
            f"{mean_sd(by_chance.learnt, '%')} of the chance labels, so the effect did not show. "
        )
    seen += (
        f"With true labels the same network gets {mean_sd(right.tested, '%')} of new pictures "
        f"right; the strongest hindrance to learning chance was {weakest}, which left it "
        f"{least:.0f} % of them."
    )
    paper = {
        (RIGHT, "tested"): "Inception on CIFAR-10 without regularisers: 85.75 %",
        (CHANCE, "learnt"): "Inception on CIFAR-10: 100 %; MLP 3x512: 99.34 %",
        (CHANCE, "tested"): "Inception 9.78 %; MLP 3x512: 10.61 %",
    }
    measures = [
        Measure(f"{name}: {kind}", f"{name}, {words}", values, unit, paper.get((name, kind), ""))
        for name, one in found.items()
        for kind, words, values, unit in (
            ("learnt", "training pictures right", one.learnt, "%"),
            ("epochs", "until all are right", one.epochs, "epochs"),
            ("tested", "new pictures right", one.tested, "%"),
        )
    ]
    return LabOutcome(seen, tuple(measures), findings)


def _plain(found: Mapping[str, Fitted]) -> set[str]:
    kinds = {RIGHT, CHANCE, "shuffled pixels", "random pixels", "noise"}
    return {name for name in found if name in kinds or name.endswith("% chance")}
