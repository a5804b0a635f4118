"""What the numbers of `forget` say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nnvis.labs.forgetting.frontier import Possibilities
from nnvis.labs.framework.claims import Claim, judge, more
from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, summary

NAMES = {
    "none": "no cure",
    "dropout": "dropout",
    "l2": "all weights held",
    "ewc": "EWC",
    "ewc latest": "EWC (one penalty)",
    "distil": "distillation",
    "rehearsal": "rehearsal",
    "joint": "all at once",
}
DROPOUT = 4  # place of the claim that it helps


@dataclass(frozen=True)
class AccuracyTable:
    """Right on task k after task t, %: `table[run][t][k]`."""

    table: tuple[tuple[tuple[float, ...], ...], ...]

    def first_before(self) -> tuple[float, ...]:
        """The first task when it had just been learnt."""
        return tuple(run[0][0] for run in self.table)

    def first_after(self, task: int = -1) -> tuple[float, ...]:
        """The first task after `task` was learnt."""
        return tuple(run[task][0] for run in self.table)

    def lost(self, task: int = 1) -> tuple[float, ...]:
        """Points of the first task that were lost by then."""
        return tuple(run[0][0] - run[task][0] for run in self.table)

    def last(self) -> tuple[float, ...]:
        """The newest task at the end."""
        return tuple(run[-1][-1] for run in self.table)

    def mean(self) -> tuple[float, ...]:
        """All tasks at the end."""
        return tuple(sum(run[-1]) / len(run[-1]) for run in self.table)


def summarise(
    kept: Mapping[str, AccuracyTable],
    groups: Mapping[str, AccuracyTable],
    met: Mapping[tuple[str, bool], Possibilities],
    spoken: tuple[Mapping[str, AccuracyTable], Mapping[str, AccuracyTable]] | None,
) -> LabOutcome:
    """Sum up: `kept` by cure for permuted tasks, `groups` for groups of classes.

    `spoken` is both of words, or None.
    """
    bare, ewc, held = kept["none"], kept["ewc"], kept["l2"]
    plain, dropped = (_balance(met, with_dropout) for with_dropout in (False, True))
    findings = judge((
        more("learning the second task costs the first, without a cure", bare.first_before(),
             bare.first_after(1), "%", figure="first",
             paper="the first of three permuted tasks falls steeply as soon as the second is "
             "learnt (Kirkpatrick 2017, PNAS 114, fig. 3A: curves without numbers)"),
        more("EWC loses less of it", bare.lost(), ewc.lost(), "points", figure="tasks-kept",
             paper="with EWC the second is learnt well without forgetting the first (fig. 3A)"),
        more("EWC knows more of all tasks at the end than springs alike on all weights",
             ewc.mean(), held.mean(), "%",
             paper="springs alike on all weights leave too little room for the new task (fig. 3A)"),
        more("a single penalty at the latest optimum keeps more than one penalty a task",
             kept["ewc latest"].mean(), ewc.mean(), "%", figure="all",
             paper="Huszar 2018 argues for it (PNAS 115, E2496); Kirkpatrick's reply finds theirs "
             "valid empirically (E2498)"),
        more("with dropout the lowest mean error on both tasks is lower", plain, dropped,
             "%", digits=2, figure="frontier", note=_kinds(met),
             paper="dropout is always best: at the new task, at the old one, and in the tradeoff "
             "between both (Goodfellow 2013, abstract)"),
        more("where new classes come and one head tells all apart, rehearsal keeps more of the "
             "old ones than EWC", groups["rehearsal"].first_after(), groups["ewc"].first_after(),
             "%", figure="groups-kept"),
        *(_of_words(*spoken) if spoken else ()),
    ))  # fmt: skip
    seen = _sentence(kept, plain, dropped, findings[DROPOUT]) + (_told(*spoken) if spoken else "")
    measures = []
    for name, one in kept.items():
        title = NAMES[name]
        measures += [
            Measure(f"{name}: before", f"{title}: first task, just learnt", one.first_before(),
                    "%"),
            Measure(f"{name}: lost", f"{title}: lost of it by the second", one.lost(), "points"),
            Measure(f"{name}: last", f"{title}: newest task at the end", one.last(), "%"),
            Measure(f"{name}: mean", f"{title}: all tasks at the end", one.mean(), "%"),
        ]  # fmt: skip
    for name, one in groups.items():
        title = f"groups of classes, {NAMES[name]}"
        measures += [
            Measure(f"groups, {name}", f"{title}: first group at the end", one.first_after(), "%"),
            Measure(f"groups, {name}: all", f"{title}: both at the end", one.mean(), "%"),
        ]
    for data, tables in zip(("words", "languages two by two"), spoken or (), strict=False):
        for name, one in tables.items():
            title = f"{data}, {NAMES[name]}"
            measures += [
                Measure(
                    f"{title}: first", f"{title}: the first at the end", one.first_after(), "%"
                ),
                Measure(f"{title}: all", f"{title}: all at the end", one.mean(), "%"),
            ]
    for (activation, with_dropout), network in met.items():
        title = f"{activation}, {'dropout' if with_dropout else 'plain SGD'}"
        measures.append(
            Measure(title, f"{title}: lowest mean error of old and new", network.best(), "%")
        )
    return LabOutcome(seen, tuple(measures), findings)


def _of_words(
    moved: Mapping[str, AccuracyTable], pairs: Mapping[str, AccuracyTable]
) -> Iterator[Claim]:
    """The same of words, and of languages that come two by two."""
    bare = moved["none"]
    yield more("words: learning the second task costs the first, without a cure",
               bare.first_before(), bare.first_after(1), "%", figure="words-kept")  # fmt: skip
    yield more("words: EWC loses less of it", bare.lost(), moved["ewc"].lost(), "points",
               figure="words")  # fmt: skip
    yield more("words, two languages after two others: rehearsal knows more of all at the end than "
               "EWC", pairs["rehearsal"].mean(), pairs["ewc"].mean(), "%",
               figure="languages-kept")  # fmt: skip
    yield more("and more than distillation", pairs["rehearsal"].mean(),
               pairs["distil"].mean(), "%", figure="languages")  # fmt: skip


def _told(moved: Mapping[str, AccuracyTable], pairs: Mapping[str, AccuracyTable]) -> str:
    bare = moved["none"]
    ends = ", ".join(f"{NAMES[name]} {summary(one.mean()).mean:.0f} %" for name, one in
                     pairs.items())  # fmt: skip
    return (
        f" Of words the first task went from {summary(bare.first_before()).mean:.0f} to "
        f"{summary(bare.first_after(1)).mean:.0f} % without a cure and to "
        f"{summary(moved['ewc'].first_after(1)).mean:.0f} % with EWC. Of ten languages that came "
        f"two by two there is known at the end: {ends}."
    )


def _kinds(met: Mapping[tuple[str, bool], Possibilities]) -> str:
    """With which activations it is lower on average."""
    lower = [
        activation
        for activation, dropped in met
        if dropped
        and summary(met[activation, True].best()).mean < summary(met[activation, False].best()).mean
    ]
    return f"; lower with {', '.join(lower)}" if lower else "; with no activation lower"


def _balance(
    met: Mapping[tuple[str, bool], Possibilities], with_dropout: bool
) -> tuple[float, ...]:
    """The lowest mean of both errors of each seed, averaged over the activations."""
    rows = [one.best() for (_, dropped), one in met.items() if dropped == with_dropout]
    return tuple(sum(column) / len(column) for column in zip(*rows, strict=True))


def _sentence(
    kept: Mapping[str, AccuracyTable],
    plain: tuple[float, ...],
    dropped: tuple[float, ...],
    helps: Finding,
) -> str:
    bare, ewc = kept["none"], kept["ewc"]
    ends = {name: summary(one.mean()).mean for name, one in kept.items() if name != "joint"}
    best = max(ends, key=lambda name: ends[name])
    text = (
        f"Learning the second task took the first from {summary(bare.first_before()).mean:.0f} to "
        f"{summary(bare.first_after(1)).mean:.0f} % right without a cure, to "
        f"{summary(ewc.first_after(1)).mean:.0f} % with EWC and to "
        f"{summary(kept['dropout'].first_after(1)).mean:.0f} % with dropout. "
    )
    others = ", ".join(
        f"{NAMES[name]} {ends[name]:.0f} %" for name in ("ewc", "none") if name != best
    )
    text += (
        f"At the end {NAMES[best]} knows {ends[best]:.0f} % of all tasks, {others}, and learning "
        f"all at once {summary(kept['joint'].mean()).mean:.0f} %. "
    )
    doubt = "" if helps.held else f"; that dropout helps was {helps.mark}"
    return text + (
        "The best compromise of old and new task errs by "
        f"{mean_sd(plain, '%')} without dropout and by {mean_sd(dropped, '%')} with it{doubt}."
    )
