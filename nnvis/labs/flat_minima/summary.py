"""What the numbers of `flat` say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.flat_minima.sharpness import EPSILONS
from nnvis.labs.flat_minima.stock_summary import Market, told_of_markets
from nnvis.labs.framework.claims import Claim, judge, more
from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import NOT_BELOW_0, summary

SMALL, LARGE, WARM, SCALED, BACK, DECAY, FMS, SAM = (
    "small batch", "large batch", "large batch, warm start", "large batch, scaled rate",
    "backprop", "weight decay", "flat minimum search", "SAM",
)  # fmt: skip
BOX = EPSILONS[0]
BETTER = 2  # place of the claim that small batches are right more often


@dataclass(frozen=True)
class Solved:
    """One way to train, a value a seed."""

    batch: int
    losses: tuple[float, ...]  # training loss where it was stopped
    arrived: tuple[bool, ...]  # at the loss that is compared at
    tested: tuple[float, ...]  # new pictures right, %
    sharp: Mapping[float, tuple[float, ...]]  # by the box, NaN where it has not arrived
    subspace: tuple[float, ...]  # in random directions, in the first box

    def right(self) -> tuple[float, ...]:
        """New pictures right of those that arrived, NaN for the others."""
        both = zip(self.tested, self.arrived, strict=True)
        return tuple(one if there else math.nan for one, there in both)


def summarise(
    solved: Mapping[str, Solved],
    target: float,
    markets: Mapping[str, Market],
    note: str = "",
) -> LabOutcome:
    """Sum up; `note` says why there is no stock market."""
    small, large = solved[SMALL], solved[LARGE]
    ratio = _times(large.sharp[BOX], small.sharp[BOX])
    claims = [
        more(f"at a training loss of {target:g} the large batch's solutions are sharper",
             large.sharp[BOX], small.sharp[BOX], digits=2, figure="sharp", factors=True,
             paper="205.14 against 1.23 (F1, MNIST), 925.32 against 8.68 (C2, CIFAR-10), box "
             "0.001 (Keskar 2017, table 3)"),
        more("so they are in a hundred directions of chance", large.subspace, small.subspace,
             digits=3, factors=True,
             paper="9.22 against 0.11 (F1), 137.25 against 2.18 (C1) (table 4)"),
        more("and the small batch is better on new pictures", small.right(), large.right(), "%",
             figure="between-right", paper="98.03 against 97.81 % (F1), 80.04 against 77.26 % "
             "(C1) (table 2)"),
        _flatter(solved, WARM, LARGE, "large batches that go on from small ones end flatter",
                 "sharpness drops after enough epochs of small batches, not after a few (fig. 5, "
                 "no numbers)"),
        _flatter(solved, SCALED, LARGE, "large batches at a rate that grows with them end flatter"),
        _flatter(solved, FMS, BACK, "flat minimum search ends flatter than backprop",
                 "made for it, by another measure: a large region of about the same error "
                 "(Hochreiter & Schmidhuber 1997, abstract)", figure="slice"),
        _flatter(solved, SAM, BACK, "SAM ends flatter than backprop",
                 "made for it: it seeks weights around which the loss is low (Foret 2021, "
                 "abstract)"),
    ]  # fmt: skip
    measures = _measures(solved)
    words, numbers, of_markets = told_of_markets(markets) if markets else (note, (), ())
    findings = judge([*claims, *of_markets])
    seen = f"{_seen(solved, ratio, target, findings[BETTER])} {words}".rstrip()
    return LabOutcome(seen, (*measures, *numbers), findings)


def _flatter(
    solved: Mapping[str, Solved],
    name: str,
    other: str,
    expected: str,
    paper: str = "",
    figure: str = "",
) -> Claim:
    missing = solved[name].arrived.count(False)
    note = f"; {missing} runs did not come down to the loss" if missing else ""
    if name == FMS:
        note += f"; weight decay {_mean(solved[DECAY].sharp[BOX]):.2f}"
    return more(
        expected, solved[other].sharp[BOX], solved[name].sharp[BOX], digits=2, figure=figure,
        note=note, paper=paper, factors=True,
    )  # fmt: skip


def _seen(solved: Mapping[str, Solved], ratio: float, target: float, better: Finding) -> str:
    small, large = solved[SMALL], solved[LARGE]
    if not math.isfinite(ratio):
        return (
            f"The batches of {small.batch} or of {large.batch} did not bring the training loss "
            f"down to {target:g}, so nothing can be compared. Allow more steps or a higher loss."
        )
    doubt = "" if better.held else f" ({better.mark})"
    by_chance = _times(large.subspace, small.subspace)
    text = (
        f"At the same training loss the solutions of batches of {large.batch} are {ratio:.1f} "
        f"times as sharp as those of batches of {small.batch} ({by_chance:.1f} times in a hundred "
        "directions of chance), and get "
        f"{_mean(large.right()):.1f} % of new pictures right; the small batches' get "
        f"{_mean(small.right()):.1f} %{doubt}. "
    )
    plain, flat, sam = (_mean(solved[name].sharp[BOX]) for name in (BACK, FMS, SAM))
    if not math.isfinite(flat):
        return text + f"Flat minimum search did not come down to a loss of {target:g}."
    return text + (
        f"In batches of {solved[BACK].batch} the sharpness was {plain:.1f} by backprop, "
        f"{flat:.1f} by flat minimum search and {sam:.1f} by SAM, with "
        f"{_mean(solved[BACK].right()):.1f}, {_mean(solved[FMS].right()):.1f} and "
        f"{_mean(solved[SAM].right()):.1f} % of new pictures right."
    )


def _measures(solved: Mapping[str, Solved]) -> list[Measure]:
    table = {
        (SMALL, EPSILONS[0]): "F1 (MNIST) 1.23 ± 0.83, C1 (CIFAR-10) 28.58 ± 3.13",
        (LARGE, EPSILONS[0]): "F1 205.14 ± 69.52, C1 707.23 ± 43.04",
        (SMALL, EPSILONS[1]): "F1 0.61 ± 0.27, C1 7.08 ± 0.88",
        (LARGE, EPSILONS[1]): "F1 42.90 ± 17.14, C1 227.31 ± 23.23",
    }
    tested = {SMALL: "F1 98.03 % (Keskar, table 2)", LARGE: "F1 97.81 % (Keskar, table 2)"}
    found = []
    for name, one in solved.items():
        for box, values in one.sharp.items():
            paper = f"{table[name, box]} (Keskar, table 3)" if (name, box) in table else ""
            title = f"{name}: sharpness, box {box:g}"
            found.append(Measure(f"{name}: sharp {box:g}", title, values, "", paper, NOT_BELOW_0))
        found += [
            Measure(f"{name}: subspace", f"{name}: sharpness in 100 directions of chance",
                    one.subspace, within=NOT_BELOW_0),
            Measure(f"{name}: right", f"{name}: new pictures right", one.tested, "%",
                    tested.get(name, "")),
            Measure(f"{name}: loss", f"{name}: training loss", one.losses,
                    within=NOT_BELOW_0),
        ]  # fmt: skip
    return found


def _times(high: tuple[float, ...], low: tuple[float, ...]) -> float:
    """How many times, as the test has it: the geometric mean over seeds."""
    logs = [math.log(a / b) for a, b in zip(high, low, strict=True) if a > 0 and b > 0]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def _mean(values: tuple[float, ...]) -> float:
    return summary(values).mean
