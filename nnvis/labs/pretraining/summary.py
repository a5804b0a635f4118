"""What the numbers of `initialise` say."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

from nnvis.labs.framework.claims import Claim, judge, more
from nnvis.labs.framework.outcome import LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd
from nnvis.labs.pretraining.grid import (
    DENOISING,
    GLOROT,
    MODERN,
    RANDOM,
    RBM,
    STARTS,
    Grid,
    GridCell,
    layers_text,
)
from nnvis.labs.pretraining.stream import Online
from nnvis.labs.pretraining.verdicts import NAMED, told, verdicts

UNKNOWN = "numbers of its tables and figures could not be had"


def summarise(grid: Grid, first: str, width: int, few: int, online: Online | None) -> LabOutcome:
    """Sum up; `first` is the lab's own data, `width` the usual one, `few` the small task's labels.

    What is compared is layers taught by autoencoders, which was chosen beforehand.
    """
    claims: list[Claim] = []
    for data in dict.fromkeys(place.data for place in grid):
        claims += _claims(grid, data, width, few, first=data == first)
    if online is not None:
        claims += _of_stream(online)
    measures = []
    for place, cell in grid.items():
        for start, one in cell.items():
            name = f"{place}, {start}"
            for key, samples, values in (
                (name, "new samples", one.new), (f"{name}: train", "training samples", one.own),
            ):  # fmt: skip
                title = (
                    f"{place.data}, {place.labels} labels, {layers_text(place.depth)} of "
                    f"{place.width}, {start}: error on {samples}"
                )
                measures.append(Measure(key, title, values, "%"))
    if online is not None:
        measures += [
            Measure(f"stream, {start}", f"a stream of {online.count} words, {start}: error on the "
                    "last quarter before it is learnt", values, "%")
            for start, values in online.last.items()
        ]  # fmt: skip
    return LabOutcome(_seen(grid, first, width, few, online), tuple(measures), judge(claims))


def _claims(grid: Grid, data: str, width: int, few: int, *, first: bool) -> Iterator[Claim]:
    """That they help, against what, where more, and by what."""
    places = [place for place in grid if place.data == data]
    deepest, many = max(one.depth for one in places), max(one.labels for one in places)
    few, narrow = min(few, many), min(one.width for one in places)
    at = grid[GridCell(data, width, few, deepest)]

    def gain(width: int, labels: int, depth: int) -> tuple[float, ...]:
        """Points fewer errors than the random start."""
        cell = grid[GridCell(data, width, labels, depth)]
        return tuple(a - b for a, b in zip(cell[RANDOM].new, cell[DENOISING].new, strict=True))

    usual = gain(width, few, deepest)
    for start in (RBM, DENOISING):
        yield more(
            f"{data}: with {few} labels and {layers_text(deepest)}, starting from {start} errs "
            "less than at random",
            at[RANDOM].new, at[start].new, "%",
            figure={RBM: "table", DENOISING: "few"}[start] if first else "",
            paper="the best results of supervised tasks come with it (Erhan 2010, JMLR, abstract; "
            f"{UNKNOWN})"
            if first and start == RBM else "",
        )  # fmt: skip
    if first:
        yield more(
            f"{data}: and ends more alike from run to run: nearer to the middle one of all seeds",
            _off(at[RANDOM].new), _off(at[DENOISING].new), "points",
            paper="robust to where it starts from (Erhan et al. 2009, AISTATS, abstract)",
        )  # fmt: skip
    for start in (GLOROT, MODERN):
        yield more(
            f"{data}: autoencoders help against the start {start}, too", at[start].new,
            at[DENOISING].new, "%",
        )  # fmt: skip
    yield more(f"{data}: they help more with {few} labels than with {many}", usual,
               gain(width, many, deepest), "points", figure="many" if first else "",
               paper="it helps most with few samples (Erhan et al. 2009, AISTATS)"
               if first else "")  # fmt: skip
    yield more(f"{data}: they help deep networks more than shallow ones", usual,
               gain(width, few, 1), "points",
               paper="with depth the error grows faster without it (Erhan et al. 2009, AISTATS)"
               if first else "")  # fmt: skip
    yield more(f"{data}: they help wide networks more than narrow ones", usual,
               gain(narrow, few, deepest), "points", figure="widths" if first else "",
               paper="it helps large layers and deep networks, and can harm small ones (Erhan et "
               "al. 2009, AISTATS)" if first else "")  # fmt: skip
    yield more(
        f"{data}: they help by optimisation: the training error is lower, too", at[RANDOM].own,
        at[DENOISING].own, "%",
    )  # fmt: skip
    yield more(
        f"{data}: they help by generalisation: the gap between the errors on new and on training "
        "samples is smaller",
        at[RANDOM].gap, at[DENOISING].gap, "points",
        paper="it appears to play predominantly a regularisation role (Erhan 2010, AISTATS, "
        "abstract)",
    )  # fmt: skip


def _off(errors: Sequence[float]) -> list[float]:
    """How far each seed is from the median: Brown & Forsythe 1974 test spreads by these."""
    middle = statistics.median([one for one in errors if math.isfinite(one)] or [math.nan])
    return [abs(one - middle) for one in errors]


def _of_stream(online: Online) -> Iterator[Claim]:
    """Where no word comes twice, what is ahead is ahead by optimisation."""
    last = online.last
    yield more(
        f"in a stream of {online.count} words, each seen once, autoencoders still err less than "
        "the random start at the end",
        last[RANDOM], last[DENOISING], "%", figure="stream",
        paper="with a virtually unlimited stream of data the roles of optimisation and "
        f"regularisation are more nuanced (Erhan 2010, AISTATS, abstract; {UNKNOWN})",
    )  # fmt: skip
    yield more("and so do Boltzmann machines", last[RANDOM], last[RBM], "%")
    yield more(f"and so do autoencoders against the start {MODERN}, too", last[MODERN],
               last[DENOISING], "%")  # fmt: skip


def _seen(grid: Grid, first: str, width: int, few: int, online: Online | None) -> str:
    deepest = max(place.depth for place in grid if place.data == first)
    at = next(
        cell
        for place, cell in grid.items()
        if (place.data, place.width, place.depth) == (first, width, deepest) and place.labels <= few
    )
    parts = "; ".join(f"{start} {mean_sd(at[start].new, '%')}" for start in STARTS)
    text = (
        f"With {few} labels of {first} and {layers_text(deepest)} of {width} units the error on "
        f"new samples is, by start: {parts}. "
    )
    for against in (RANDOM, MODERN):
        found = verdicts(grid, against)
        names = dict.fromkeys(place.data for place in grid)
        ways = "; ".join(f"on {name} {told(found, name)}" for name in names)
        text += f"Layers taught by autoencoders err less than {NAMED[against]} {ways}. "
    if online is None:
        return text + "No words were learnt from: their package is not here, or 0 were asked for."
    ends = "; ".join(f"{start} {mean_sd(online.last[start], '%')}" for start in STARTS)
    return text + f"At the end of a stream of {online.count} words, each seen once, it is: {ends}."
