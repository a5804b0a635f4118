"""What the numbers of `saddle` say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import spearmanr

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, paired, summary
from nnvis.labs.saddle_points.lanczos import Spectrum
from nnvis.labs.saddle_points.newton import REST
from nnvis.labs.saddle_points.points import Critical, Search

SGD, DAMPED, FREE = METHODS = ("SGD", "damped Newton", "saddle-free Newton")
CLEAR = 0.8  # rank correlation


@dataclass(frozen=True)
class Wide:
    """A network whose Hessian does not fit, of `size` weights, before and after learning."""

    size: int
    before: Spectrum
    after: Spectrum


def summarise(
    seeds: Sequence[int],
    searched: Sequence[Sequence[Search]],
    passed: Sequence[Sequence[Critical]],
    escapes: Mapping[str, Sequence[Sequence[float]]],
    large: Sequence[Wide],
) -> LabOutcome:
    """Sum up: everything a seed, `escapes` the losses along each way down."""
    found = [[one for part in own for one in part.found] for own in searched]
    by_loss = tuple(_rank([one.loss for one in own], own) for own in found)
    by_wrong = tuple(_rank([one.wrong for one in own], own) for own in found)
    on_way = tuple(_rank([one.loss for one in own], own) for own in passed)
    rank = summary(by_loss).mean
    start, end = (
        {name: tuple(one[place] for one in tracks) for name, tracks in escapes.items()}
        for place in (0, -1)
    )
    mean = {name: summary(values).mean for name, values in end.items()}
    others = (SGD, DAMPED)
    below = all(map(math.isfinite, end[FREE])) and all(mean[FREE] < mean[one] for one in others)
    away = {name: tuple(map(_away, tracks)) for name, tracks in escapes.items()}
    first = min(METHODS, key=lambda name: _known(summary(away[name]).mean))
    chance = {name: paired(end[name], end[FREE]) for name in others}
    bent = [[100 * one.downward for one in (wide.before, wide.after)] for wide in large]
    before, after = zip(*bent, strict=True)
    points = sum(map(len, found))
    seen = (
        f"At {points} critical points the share of directions that bend down "
        f"{'rises' if rank >= CLEAR else 'does not clearly rise'} with the loss (rank correlation "
        f"{rank:.2f}). From a plateau at {summary(start[FREE]).mean:.2f} saddle-free Newton "
        f"{'came lowest' if below else 'did not come lowest'}: to {mean[FREE]:.2f}, damped Newton "
        f"to {mean[DAMPED]:.2f}, SGD to {mean[SGD]:.2f}; "
        + (
            f"the first to leave it was {first}, after {summary(away[first]).mean:.0f} % of its "
            "steps."
            if math.isfinite(summary(away[first]).mean)
            else "none left it."
        )
    )
    for name, values in end.items():
        gone = [str(seed) for seed, one in zip(seeds, values, strict=True) if math.isnan(one)]
        if gone:
            seen += f" The loss of {name} was not a number for seed {', '.join(gone)}."
    findings = (
        Finding(
            f"the higher a critical point, the more directions bend down (rank correlation of at "
            f"least {CLEAR:g})",
            rank >= CLEAR,
            f"{mean_sd(by_loss, '', 2)} with the loss, {mean_sd(by_wrong, '', 2)} with the "
            "training error",
        ),
        _rested(searched),
        Finding(
            "it is so on the way down of the whole network, too, where the gradient is not gone",
            summary(on_way).mean >= CLEAR,
            f"rank correlation with the loss {mean_sd(on_way, '', 2)}",
        ),
        Finding(
            "from a plateau saddle-free Newton ends below SGD and damped Newton",
            below,
            f"{mean_sd(end[FREE], '', 3)}; SGD {mean_sd(end[SGD], '', 3)} (p {chance[SGD]:.2g}), "
            f"damped Newton {mean_sd(end[DAMPED], '', 3)} (p {chance[DAMPED]:.2g})",
        ),
        Finding(
            "in a larger network less of the curvature bends down after learning",
            summary(after).mean < summary(before).mean,
            f"{mean_sd(before, '%')} before, {mean_sd(after, '%')} after, "
            f"with {large[0].size} weights",
        ),
    )
    left = tuple(1e6 * max((one.left for one in own), default=math.nan) for own in found)
    measures = [
        Measure(
            "rank",
            "rank correlation of index and loss",
            by_loss,
            "",
            "MNIST and CIFAR-10: the index grows with the training error (fig. 1)",
        ),
        Measure("rank wrong", "rank correlation of index and training error", by_wrong),
        Measure("rank on the way", "the same with the loss on the way down", on_way),
        Measure("left", "largest gradient left, millionths of that at Newton's start", left),
        Measure("plateau", "loss on the plateau", start[FREE]),
        *(
            Measure(name, f"loss after {name}", values, "", _PAPER.get(name, ""))
            for name, values in end.items()
        ),
        *(
            Measure(f"{name} away", f"{name}: steps until a tenth of the loss is gone", values, "%")
            for name, values in away.items()
        ),
    ]
    for name, values in (("before", before), ("after", after)):
        spectra = [getattr(wide, name) for wide in large]
        measures += [
            Measure(
                f"bent {name}",
                f"larger network {name} learning: curvature that bends down",
                values,
                "%",
            ),
            *(
                Measure(
                    f"{side} {name}",
                    f"larger network {name} learning: {side} eigenvalue",
                    tuple(float(one.values[place]) for one in spectra),
                )
                for side, place in (("lowest", 0), ("highest", -1))
            ),
        ]
    return LabOutcome(seen, tuple(measures), findings)


_PAPER = {
    FREE: "small MNIST and CIFAR-10: the lowest training error of the three (fig. 2)",
}


def _away(losses: Sequence[float]) -> float:
    """Share of the steps (%) until the loss has fallen by a tenth; NaN if it never has."""
    for step, one in enumerate(losses):
        if one < 0.9 * losses[0]:
            return 100 * step / (len(losses) - 1)
    return math.nan


def _known(value: float) -> float:
    """What is not known comes last."""
    return math.inf if math.isnan(value) else value


def _rested(searched: Sequence[Sequence[Search]]) -> Finding:
    """How often Newton's method came to rest, and how well."""
    parts = [part for own in searched for part in own]
    left = max((one.left for part in parts for one in part.found), default=math.nan)
    tried, rested = sum(part.tried for part in parts), sum(part.rested for part in parts)
    missed = sum(not part.found for part in parts)
    without = f"; {missed} of {len(parts)} walks led to none" if missed else ""
    return Finding(
        f"at these points the gradient is gone: {REST:.0e} of where Newton's method began, or less",
        left <= REST,
        f"the largest share left is {left:.0e}; {rested} of {tried} starts came to rest, the "
        f"others are left out{without}",
    )


def _rank(heights: Sequence[float], points: Sequence[Critical]) -> float:
    """Spearman's of heights and index; NaN where there is nothing to compare."""
    index = [one.index for one in points]
    if len(set(heights)) < 2 or len(set(index)) < 2:
        return math.nan
    return float(spearmanr(heights, index)[0])
