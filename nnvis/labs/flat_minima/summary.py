"""What the numbers of `flat` say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.flat_minima.sharpness import EPSILONS
from nnvis.labs.flat_minima.stock_experiment import Traded
from nnvis.labs.flat_minima.stock_summary import tell_market
from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, paired, summary

SMALL, LARGE, BACK, DECAY, FMS, SAM = (
    "small batch", "large batch", "backprop", "weight decay", "flat minimum search", "SAM",
)  # fmt: skip
BOX = EPSILONS[0]


@dataclass(frozen=True)
class Solved:
    """One way to train, a value a seed."""

    batch: int
    losses: tuple[float, ...]  # training loss where it was stopped
    arrived: tuple[bool, ...]  # at the loss that is compared at
    tested: tuple[float, ...]  # new pictures right, %
    sharp: Mapping[float, tuple[float, ...]]  # by the box, NaN where it has not arrived

    def right(self) -> tuple[float, ...]:
        """New pictures right of those that arrived, NaN for the others."""
        both = zip(self.tested, self.arrived, strict=True)
        return tuple(one if there else math.nan for one, there in both)


def summarise(
    solved: Mapping[str, Solved],
    target: float,
    traded: Mapping[str, Traded] | None = None,
    note: str = "",
) -> LabOutcome:
    """Sum up; `note` says why there is no stock market."""
    small, large = solved[SMALL], solved[LARGE]
    ratio = {box: _mean(large.sharp[box]) / _mean(small.sharp[box]) for box in EPSILONS}
    gap = summary([a - b for a, b in zip(small.right(), large.right(), strict=True)])
    findings = [
        Finding(
            f"at a training loss of {target:g} the large batch's solutions are at least twice as "
            "sharp",
            all(one >= 2 for one in ratio.values()),
            "; ".join(
                f"box {box:g}: {mean_sd(large.sharp[box], digits=2)} against "
                f"{mean_sd(small.sharp[box], digits=2)}, {ratio[box]:.1f} times"
                for box in EPSILONS
            ),
        ),
        Finding(
            "and no better on new pictures",
            gap.mean >= 0,
            f"{mean_sd(large.right(), '%')} right against {mean_sd(small.right(), '%')}; "
            f"the small batch is ahead by {gap.mean:.1f} points, 95 % interval "
            f"{gap.low:.1f} to {gap.high:.1f}",
        ),
    ]
    findings += [_flatter(solved, name) for name in (FMS, SAM)]
    seen, measures = _seen(solved, ratio[BOX], target), _measures(solved)
    if traded is not None:
        market = tell_market(traded)
        seen += f" {market.seen}"
        measures += market.measures
        findings += market.findings
    elif note:
        seen += f" {note}"
    return LabOutcome(seen, tuple(measures), tuple(findings))


def _flatter(solved: Mapping[str, Solved], name: str) -> Finding:
    ours, plain = solved[name].sharp[BOX], solved[BACK].sharp[BOX]
    measured = f"{mean_sd(ours, digits=2)} against {mean_sd(plain, digits=2)}"
    if name == FMS:
        measured += f"; weight decay {mean_sd(solved[DECAY].sharp[BOX], digits=2)}"
    missing = solved[name].arrived.count(False)
    if missing:
        measured += f"; {missing} runs did not come down to the loss"
    by_chance = paired(plain, ours)
    words = "SAM" if name == SAM else name
    return Finding(
        f"{words} ends flatter than backprop at the same training loss",
        by_chance < 0.05,
        f"{measured} (by chance: p = {by_chance:.3f})",
    )


def _seen(solved: Mapping[str, Solved], ratio: float, target: float) -> str:
    small, large = solved[SMALL], solved[LARGE]
    if not math.isfinite(ratio):
        return (
            f"The batches of {small.batch} or of {large.batch} did not bring the training loss "
            f"down to {target:g}, so nothing can be compared. Allow more steps or a higher loss."
        )
    text = (
        f"At the same training loss the solutions of batches of {large.batch} are {ratio:.1f} "
        f"times as sharp as those of batches of {small.batch}, and get "
        f"{_mean(large.right()):.1f} % of new pictures right instead of "
        f"{_mean(small.right()):.1f} %"
    )
    if ratio < 2:
        text += ", so the difference that was found in large networks hardly showed"
    plain, flat, sam = (_mean(solved[name].sharp[BOX]) for name in (BACK, FMS, SAM))
    if not math.isfinite(flat):
        return text + f". Flat minimum search did not come down to a loss of {target:g}."
    return text + (
        f". In batches of {solved[BACK].batch}, flat minimum search changed the sharpness from "
        f"{plain:.1f} to {flat:.1f} and SAM to {sam:.1f}; on new pictures that moved "
        f"{_mean(solved[BACK].right()):.1f} % to {_mean(solved[FMS].right()):.1f} and "
        f"{_mean(solved[SAM].right()):.1f} %."
    )


def _measures(solved: Mapping[str, Solved]) -> list[Measure]:
    paper = {
        (SMALL, EPSILONS[0]): "F1 (MNIST) 1.23 ± 0.83, C1 (CIFAR-10) 28.58 ± 3.13",
        (LARGE, EPSILONS[0]): "F1 205.14 ± 69.52, C1 707.23 ± 43.04",
        (SMALL, EPSILONS[1]): "F1 0.61 ± 0.27, C1 7.08 ± 0.88",
        (LARGE, EPSILONS[1]): "F1 42.90 ± 17.14, C1 227.23 ± 23.23",
    }
    tested = {SMALL: "F1 98.03 %", LARGE: "F1 97.81 %"}
    found = []
    for name, one in solved.items():
        found += [
            Measure(
                f"{name}: sharp {box:g}", f"{name}: sharpness, box {box:g}", values, "",
                paper.get((name, box), ""),
            )
            for box, values in one.sharp.items()
        ]  # fmt: skip
        found += [
            Measure(f"{name}: right", f"{name}: new pictures right", one.tested, "%",
                    tested.get(name, "")),
            Measure(f"{name}: loss", f"{name}: training loss", one.losses),
        ]  # fmt: skip
    return found


def _mean(values: tuple[float, ...]) -> float:
    return summary(values).mean
