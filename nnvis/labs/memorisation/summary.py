"""What the numbers of `memorise` say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnvis.labs.framework.claims import Claim, above, alike, judge, more
from nnvis.labs.framework.outcome import LabOutcome, Measure
from nnvis.labs.framework.statistics import NOT_BELOW_0, mean_sd, summary
from nnvis.labs.memorisation.bundled import TunedPair

RIGHT, CHANCE = "true labels", "chance labels"
NEARLY = 95.0  # % of labels of chance that count as learnt by heart
ZHANG = "(Zhang 2017, table 1)"
# What regularisers gained there with true labels, by how the names of their cases begin.
GAINED = {
    "weight decay": "86.03 against 85.75 % (Inception), 53.35 against 52.39 % (MLP 3x512), 50.39 "
    f"against 50.51 % (MLP 1x512) {ZHANG}",
    "sliding": f"random crops: 89.31 against 85.75 %, Inception {ZHANG}",
}


@dataclass(frozen=True)
class Fitted:
    """How one case went, a value a seed."""

    learnt: tuple[float, ...]  # training samples right at the end, %
    epochs: tuple[float, ...]  # until all were right, NaN if never
    tested: tuple[float, ...]  # new samples right at the end, %
    stopped: tuple[float, ...]  # of half of the new ones, at the epoch best on the other half
    late: tuple[float, ...]  # of the same half at the end


def summarise(
    found: Mapping[str, Fitted],
    hindered: Mapping[str, str],
    classes: int,
    given_up: int,
    samples: int,
    size: int,
    exact: float,
    bundled: TunedPair,
) -> LabOutcome:
    """Sum up; `hindered` names the regularised cases, chance to true labels.

    `samples` were learnt; `size` and `exact` (0..1) are of the network that was written down.
    """
    right, by_chance = found[RIGHT], found[CHANCE]
    level = [100 / classes] * len(by_chance.tested)
    times = {name: _at_least(found[name].epochs, given_up) for name in (RIGHT, CHANCE)}
    weakest = min(hindered, key=lambda name: summary(found[name].learnt).mean)
    gains = [
        more(f"with true labels {other} is right on more new samples than no regulariser",
             found[case].tested, right.tested, "%",
             paper=next((gain for name, gain in GAINED.items() if other.startswith(name)), ""))
        for other, case in hindered.items()
    ]  # fmt: skip
    claims: list[Claim] = [
        above("at least 95 % of labels drawn by chance are learnt by heart", by_chance.learnt,
              NEARLY, "%", figure="fit", note=_never(by_chance.epochs), of=samples,
              paper=f"100 % by Inception and by a perceptron of 3 x 512, 99.34 % by one of 1 x 512 "
              f"{ZHANG}"),
        alike("and help nothing with new samples: within 3 points of guessing", by_chance.tested,
              level, 3.0, "%", figure="share",
              paper=f"9.78, 10.48 and 10.61 % {ZHANG}; it must be so where all labels are chance"),
        more("learning chance takes more epochs than learning what is there", times[CHANCE],
             times[RIGHT], "epochs", digits=0, figure="time",
             paper="by a small constant factor (Zhang 2017, sec. 1; a curve without numbers in "
             "fig. 1b)"),
        above(f"the strongest hindrance ({weakest}) does not prevent it either",
              found[weakest].learnt, NEARLY, "%", figure="hinder", of=samples,
              paper="explicit regularisation leaves it qualitatively as it is (Zhang 2017, "
              "abstract): with dropout and weight decay about 90 % of ImageNet's chance labels are "
              "learnt (table 2); on CIFAR-10's, AlexNet with weight decay did not converge "
              "(sec. 3)"),
        *gains,
        more("and so is stopping early, at the epoch that is best on other new samples",
             right.stopped, right.late, "%", paper="it could help on ImageNet; no benefit was "
             "observed on CIFAR-10 (Zhang 2017, sec. 3.1)"),
        *of_bundled(bundled),
    ]  # fmt: skip
    findings = judge(claims)
    ratio = summary(times[CHANCE]).mean / summary(times[RIGHT]).mean
    seen = (
        f"The network learnt {mean_sd(by_chance.learnt, '%')} of the chance labels, in "
        f"{ratio:.1f} times as many epochs as it took for true ones, and named "
        f"{summary(by_chance.tested).mean:.0f} % of new samples rightly (guessing: "
        f"{100 / classes:.0f} %). With true labels the same network gets "
        f"{mean_sd(right.tested, '%')} of new samples right. The strongest hindrance to learning "
        f"chance was {weakest}, which left it {summary(found[weakest].learnt).mean:.0f} % of them. "
        f"A network of {size} weights that was written down without training has "
        f"{100 * exact:.1f} % of chance labels. The last stages of the bundled network, which "
        f"learnt ImageNet, learn {summary(bundled.chance.learnt).mean:.0f} % of {bundled.pieces} "
        f"chance labels of pieces of photographs, and then name "
        f"{summary(bundled.chance.tested).mean:.0f} % of others rightly; with true labels "
        f"{summary(bundled.true.tested).mean:.0f} %."
    )
    paper = {
        (RIGHT, "tested"): f"Inception without regularisers 85.75 %, MLP 3x512 52.39 % {ZHANG}",
        (CHANCE, "learnt"): f"Inception 100 %, MLP 3x512 100 %, MLP 1x512 99.34 % {ZHANG}",
        (CHANCE, "tested"): f"9.78, 10.48 and 10.61 % {ZHANG}",
    }
    measures = [
        Measure(
            f"{name}: {kind}",
            f"{name}, {words}",
            values,
            unit,
            paper.get((name, kind), ""),
            NOT_BELOW_0,
        )
        for name, one in found.items()
        for kind, words, values, unit in (
            ("learnt", "training samples right", one.learnt, "%"),
            ("epochs", "until all are right", one.epochs, "epochs"),
            ("tested", "new samples right", one.tested, "%"),
            ("stopped", "half of the new samples right, stopped early", one.stopped, "%"),
            ("late", "the same half at the end", one.late, "%"),
        )
    ]
    measures += [
        Measure(
            f"bundled, {name}: {kind}",
            f"bundled network, {name} labels, {words}",
            values,
            unit,
            within=NOT_BELOW_0,
        )
        for name, one in (("true", bundled.true), ("chance", bundled.chance))
        for kind, words, values, unit in (
            ("learnt", "pieces of photographs learnt", one.learnt, "%"),
            ("epochs", "until all are right", one.epochs, "epochs"),
            ("tested", "other pieces right", one.tested, "%"),
        )
    ]
    return LabOutcome(seen, tuple(measures), findings)


def of_bundled(bundled: TunedPair) -> tuple[Claim, ...]:
    """That the network that learnt ImageNet learns chance, too, later, and for nothing."""
    chance, true = (_at_least(one.epochs, bundled.given_up)
                    for one in (bundled.chance, bundled.true))  # fmt: skip
    return (
        more("chance labels of pieces of photographs take the last stages of the bundled network "
             "more epochs than true ones", chance, true, "epochs", figure="table",
             note=f"; {mean_sd(bundled.chance.learnt, '%')} of chance labels are learnt"
             f"{_never(bundled.chance.epochs)}",
             paper="ImageNet with all labels by chance, Inception without regularisers: 95.20 % of "
             "them are learnt (table 2); here it is a network that learnt ImageNet's true labels "
             "before"),
        more("and with true labels they are right on more other pieces than with chance labels",
             bundled.true.tested, bundled.chance.tested, "%"),
    )  # fmt: skip


def _at_least(epochs: Sequence[float], given_up: int) -> tuple[float, ...]:
    """A run that never learns them all takes at least as long as it was given."""
    return tuple(one if math.isfinite(one) else float(given_up) for one in epochs)


def _never(epochs: Sequence[float]) -> str:
    missing = sum(math.isnan(epoch) for epoch in epochs)
    return f"; {missing} of {len(epochs)} runs did not learn all" if missing else ""
