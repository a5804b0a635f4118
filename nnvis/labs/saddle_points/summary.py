"""What the numbers of `saddle` say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from nnvis.labs.framework.claims import above, judge, more
from nnvis.labs.framework.outcome import LabOutcome, Measure
from nnvis.labs.framework.statistics import NOT_BELOW_0, mean_sd, summary
from nnvis.labs.saddle_points.lanczos import Spectrum
from nnvis.labs.saddle_points.points import Critical, Search

SGD, DAMPED, FREE, FREE_KRYLOV = METHODS = (
    "SGD", "damped Newton", "saddle-free Newton", "saddle-free, Krylov",
)  # fmt: skip
RANK = (-1.0, 1.0)
PLATEAU = 3  # place of the claim that saddle-free Newton ends below SGD
FEWEST = 4  # points from which a rank correlation is taken


@dataclass(frozen=True)
class Wide:
    """A network whose Hessian does not fit, of `size` weights."""

    size: int
    before: Spectrum
    after: Spectrum  # after SGD
    tracks: Mapping[str, Sequence[float]]  # the loss as two methods go on


def summarise(
    seeds: Sequence[int],
    searched: Sequence[Search],
    escapes: Mapping[str, Sequence[Sequence[float]]],
    large: Sequence[Wide],
    deep: Sequence[Mapping[str, Sequence[float]]],
) -> LabOutcome:
    """Sum up: everything a seed, `escapes` the losses along each way down, `deep` of the coder."""
    units = max((one.awake for own in searched for one in own.way), default=0)
    ranks = tuple(rank(own.found) for own in searched)
    full = tuple(rank([one for one in own.found if one.awake == units]) for own in searched)
    on_way = tuple(rank(own.way) for own in searched)
    tried = sum(own.tried for own in searched)
    rested = sum(own.rested for own in searched)
    points = sum(len(own.found) for own in searched)
    end = {name: tuple(one[-1] for one in tracks) for name, tracks in escapes.items()}
    start = tuple(one[0] for one in escapes[FREE])
    ahead = {name: tuple(one.tracks[name][-1] for one in large) for name in (SGD, FREE_KRYLOV)}
    coded = {name: tuple(one[name][-1] for one in deep) for name in (SGD, FREE_KRYLOV)}
    bent = [[100 * one.downward for one in (wide.before, wide.after)] for wide in large]
    before, after = zip(*bent, strict=True)
    came = f"{rested} of {tried} starts came to rest, at {points} points"
    findings = judge((
        above("the higher a critical point lies, the more directions bend down (rank correlation "
              "of each seed above 0)", ranks, 0.0, digits=2, figure="points", note=f"; {came}",
              within=RANK,
              paper="the index grows with the training error, MNIST and CIFAR-10 (Dauphin 2014; "
              "a figure whose numbers could not be had)"),
        above("so it is among critical points with all hidden units awake", full, 0.0, digits=2,
              within=RANK),
        above("and on the way down, where the gradient is not gone", on_way, 0.0, digits=2,
              within=RANK, figure="index"),
        more("from a plateau saddle-free Newton ends below SGD", end[SGD], end[FREE], digits=3,
             figure="escape", paper="saddle-free Newton reaches the lowest training error of "
             "three, and more so in larger networks (Dauphin 2014, numbers could not be had)"),
        more("and below damped Newton", end[DAMPED], end[FREE], digits=3),
        more("in a larger network saddle-free Newton in Krylov space gets lower than SGD at the "
             "same cost", ahead[SGD], ahead[FREE_KRYLOV], digits=4, figure="wide"),
        more("and so it does in a deep autoencoder that SGD has brought to where it goes down "
             "slowly (SGD keeps its rate)", coded[SGD], coded[FREE_KRYLOV], digits=3, figure="deep",
             paper="where SGD had stalled it took a deep autoencoder of MNIST further down, to a "
             "squared error of 0.57; Hessian-free optimisation had come to 0.69 (Dauphin 2014, "
             "sec. 7)"),
        more("in the larger network less of the curvature bends down after learning than before",
             before, after, "%", figure="large"),
    ))  # fmt: skip
    amount = partial(Measure, within=NOT_BELOW_0)
    measures = [
        Measure("rank", "rank correlation of index and loss at critical points", ranks,
                within=RANK),
        Measure("rank awake", "the same, all units awake", full, within=RANK),
        Measure("rank on the way", "the same on the way down", on_way, within=RANK),
        Measure("rested", "starts that came to rest",
                tuple(100 * own.rested / own.tried for own in searched), "%"),
        amount("points", "different critical points", tuple(len(own.found) for own in searched)),
        amount("left", "largest gradient left there, billionths",
               tuple(1e9 * max((one.left for one in own.found), default=math.nan)
                     for own in searched)),
        amount("plateau", "loss on the plateau", start),
        *(amount(name, f"loss after {name}", values) for name, values in end.items()),
        *(Measure(f"{name} away", f"{name}: steps until a tenth of the loss is gone",
                  tuple(map(_away, tracks)), "%") for name, tracks in escapes.items()),
        *(amount(f"wide {name}", f"larger network, {name} at the end", values)
          for name, values in ahead.items()),
        *(amount(f"deep {name}", f"deep autoencoder, {name} at the end", values)
          for name, values in coded.items()),
        amount("deep start", "deep autoencoder, where both go on",
               tuple(one[SGD][0] for one in deep)),
        amount("wide start", "larger network, where both go on",
               tuple(one.tracks[SGD][0] for one in large)),
        *(Measure(f"bent {name}", f"larger network {name} learning: curvature that bends down",
                  values, "%") for name, values in (("before", before), ("after", after))),
    ]  # fmt: skip
    away = {name: summary(tuple(map(_away, tracks))).mean for name, tracks in escapes.items()}
    seen = _sentence(seeds, ranks, came, end, start, away)
    if not findings[PLATEAU].held:
        seen += " That saddle-free Newton ends below SGD there is not shown."
    return LabOutcome(seen, tuple(measures), findings)


def rank(points: Sequence[Critical]) -> float:
    """Spearman's of loss and index; NaN where there are too few points or all are alike."""
    from scipy.stats import spearmanr

    heights, index = [one.loss for one in points], [one.index for one in points]
    if len(points) < FEWEST or len(set(heights)) < 2 or len(set(index)) < 2:
        return math.nan
    return float(spearmanr(heights, index)[0])


def _sentence(
    seeds: Sequence[int],
    ranks: tuple[float, ...],
    came: str,
    end: Mapping[str, tuple[float, ...]],
    start: tuple[float, ...],
    away: Mapping[str, float],
) -> str:
    known = summary(ranks)
    if known.count:
        text = (
            "Where the gradient is gone, the share of directions that bend down goes with the loss "
            f"by a rank correlation of {mean_sd(ranks, '', 2)} ({came})."
        )
    else:
        text = (
            "Too few critical points were found to say how the ways down go with the loss "
            f"({came})."
        )
    mean = {name: summary(values).mean for name, values in end.items()}
    order = sorted(mean, key=lambda name: (math.isnan(mean[name]), mean[name]))
    ways = ", ".join(f"{name} came to {mean[name]:.2f}" for name in order)
    text += f" From a plateau at {summary(start).mean:.2f} {ways}."
    if math.isfinite(away[SGD] + away[FREE]):
        text += (
            f" A tenth of the loss was gone after {away[SGD]:.0f} % of the steps of SGD and after "
            f"{away[FREE]:.0f} % of those of saddle-free Newton."
        )
    for name, values in end.items():
        gone = [str(seed) for seed, one in zip(seeds, values, strict=True) if math.isnan(one)]
        if gone:
            text += f" The loss of {name} was not a number for seed {', '.join(gone)}."
    return text


def _away(losses: Sequence[float]) -> float:
    """Share of the steps (%) until the loss has fallen by a tenth; NaN if it never has."""
    for step, one in enumerate(losses):
        if one < 0.9 * losses[0]:
            return 100 * step / (len(losses) - 1)
    return math.nan
