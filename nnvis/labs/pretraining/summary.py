"""What the numbers of `initialise` say."""

from __future__ import annotations

from nnvis.labs.framework.claims import judge, more
from nnvis.labs.framework.outcome import LabOutcome, Measure
from nnvis.labs.framework.statistics import SURE, differences, mean_sd, paired, summary

RANDOM, GLOROT, RBM, DENOISING = "random", "random, Glorot", "Boltzmann machines", "autoencoders"
STARTS = (RANDOM, GLOROT, RBM, DENOISING)
TAUGHT = (RBM, DENOISING)

# width, labels, depth, start: errors on new and on training samples, % a seed
Cell = tuple[tuple[float, ...], tuple[float, ...]]
Table = dict[tuple[int, int, int, str], Cell]


def summarise(table: Table, width: int, few: int, many: int) -> LabOutcome:
    """Sum up; `width` is the usual one, `few` and `many` the labels of the two tasks."""
    deepest = max(depth for _, _, depth, _ in table)
    at = width, few, deepest
    new = {start: table[*at, start][0] for start in STARTS}
    train = {start: table[*at, start][1] for start in STARTS}
    best = min(TAUGHT, key=lambda start: summary(new[start]).mean)
    layers = _layers(deepest)
    gain = {key: _gain(table, key, best) for key in _keys(table)}
    capacity = [_gain(table, (one, few, deepest), best) for one in _widths(table)]
    deep = [_gain(table, (width, few, depth), best) for depth in (1, deepest)]
    labels = [_gain(table, (width, count, deepest), best) for count in (few, many)]
    claims = [
        *(
            more(f"with {few} labels and {layers}, starting from {start} errs less than at random",
                 new[RANDOM], new[start], "%", figure="few" if start == TAUGHT[0] else "",
                 paper="better results are often obtained with it (Erhan 2010; its numbers could "
                 "not be had)"
                 if start == TAUGHT[0] else "")
            for start in TAUGHT
        ),
        more(f"{best} help against Glorot's start of the same year, too", new[GLOROT], new[best],
             "%"),
        more("they help more with few labels than with all", labels[0], labels[1], "points",
             figure="many", paper="with a virtually unlimited stream the roles of optimisation and "
             "regularisation are more nuanced (Erhan 2010, abstract); no such stream is tried "
             "here"),
        more("they help deep networks more than shallow ones", deep[1], deep[0], "points"),
        more("they help wide networks more than narrow ones", capacity[-1], capacity[0], "points",
             figure="widths"),
        more("they help by optimisation: the training error is lower, too", train[RANDOM],
             train[best], "%",
             paper="it appears to play predominantly a regularisation role (Erhan 2010, "
             "abstract)"),
    ]  # fmt: skip
    findings = judge(claims)
    seen = (
        f"With {few} labels and {layers} of {width} units the error on new samples is "
        f"{mean_sd(new[best], '%')} from layers taught by {best}, {mean_sd(new[RANDOM], '%')} from "
        f"a random start and {mean_sd(new[GLOROT], '%')} from Glorot's; on the training samples it "
        f"is {mean_sd(train[best], '%')}, {mean_sd(train[RANDOM], '%')} and "
        f"{mean_sd(train[GLOROT], '%')}. {_where(table, gain, best)}"
    )
    measures = []
    for (wide, count, depth, start), (tested, learnt) in table.items():
        title = f"{count} labels, {_layers(depth)} of {wide}, {start}"
        name = f"{wide}, {count}, {depth}, {start}"
        measures += [
            Measure(name, f"{title}: error on new samples", tested, "%"),
            Measure(f"{name}: train", f"{title}: error on training samples", learnt, "%"),
        ]
    return LabOutcome(seen, tuple(measures), findings)


def _gain(table: Table, key: tuple[int, int, int], start: str) -> tuple[float, ...]:
    """By how many points `start` errs less on new samples than the random start, a seed."""
    random, taught = table[*key, RANDOM][0], table[*key, start][0]
    return tuple(a - b for a, b in zip(random, taught, strict=True))


def _where(table: Table, gain: dict[tuple[int, int, int], tuple[float, ...]], start: str) -> str:
    """Of each cell whether pre-training helped, hurt, or neither was shown."""
    helped, hurt = [], []
    for (width, labels, depth), values in gain.items():
        words = f"{labels} labels, {_layers(depth)} of {width}"
        zero = [0.0] * len(values)
        if paired(values, zero) < SURE:
            helped.append(words)
        elif paired(zero, values) < SURE:
            hurt.append(words)
    count = len(differences(*next(iter(_pairs(table, start)))))
    text = f"Cell by cell, each for itself, {start} beat the random start in {len(helped)} of "
    text += f"{len(gain)}"
    if hurt:
        text += f" and lost to it in {len(hurt)} ({'; '.join(hurt)})"
    if len(helped) + len(hurt) < len(gain):
        text += f"; with {count} seeds the others show neither"
    return text + "."


def _pairs(table: Table, start: str) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    return [(table[*key, RANDOM][0], table[*key, start][0]) for key in _keys(table)]


def _keys(table: Table) -> list[tuple[int, int, int]]:
    return list(dict.fromkeys((width, labels, depth) for width, labels, depth, _ in table))


def _widths(table: Table) -> list[int]:
    return sorted({width for width, _, _, _ in table})


def _layers(count: int) -> str:
    return "1 layer" if count == 1 else f"{count} layers"
