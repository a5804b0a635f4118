"""What the numbers of `compress` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nnvis.labs.compression.bundled import EACH, LAMP, TUNED, AnswersKept
from nnvis.labs.compression.ensemble import Together
from nnvis.labs.framework.claims import Claim, above, judge, more
from nnvis.labs.framework.outcome import LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, summary

# Fixed beforehand: for 30 units a layer 2.5 to 4 worked best (Hinton 2015, sec. 3).
WARM = "temperature 4"
MOST_OF_IT = 0.8  # of the ensemble's gain, as in the paper
HALF = 0.5  # of the bundled network's weights


@dataclass(frozen=True)
class SizeResult:
    """New pictures right, % a seed, at this size."""

    right: tuple[float, ...]
    kilobytes: float


@dataclass(frozen=True)
class Missing:
    """Pictures of a class that a student never saw, % named right a seed."""

    name: str
    by_labels: tuple[float, ...]
    by_odds: tuple[float, ...]
    mended: tuple[float, ...]  # after its bias was set
    whole: tuple[float, ...]  # of all new pictures, after that


def summarise(
    taught: tuple[float, ...],
    together: float,
    students: Mapping[str, SizeResult],
    missing: Missing,
    smaller: Mapping[str, SizeResult],
    own: int,
    kept: AnswersKept,
    sets: Mapping[str, Together],
) -> LabOutcome:
    """Sum up; `together` is the ensemble's accuracy in %, `own` the pictures a student saw."""
    hard, soft = students["labels"].right, students[WARM].right
    eight = tuple(a - b for a, b in zip(smaller["bits: 8"].right, taught, strict=True))
    tenth = smaller["cut off, trained on: 0.1"].right
    bare = smaller["cut off: 0.1"].right
    half = {way: _percent(row[HALF]) for way, row in kept.cut.items()}
    chosen = summary(_percent(kept.cut[LAMP][HALF])).mean
    claims: list[Claim] = [
        more(f"from {own} pictures odds teach a student more than labels ({WARM}, chosen "
             "beforehand)", soft, hard, "%", figure="students",
             paper="speech, 3 % of the data: 57.0 against 44.5 % of frames (Hinton 2015, "
             "sec. 6, table 5)"),
        above("odds alone teach a class that was never seen: more than half of its pictures are "
              "named rightly once a bias is set", missing.mended, 50.0, "%", figure="never",
              paper="98.6 % of the threes of MNIST (sec. 3)"),
    ]  # fmt: skip
    for number, (name, one) in enumerate(sets.items()):
        claims += _in_one(name, one, "together" if number == 0 else "")
    claims += [
        more("learning on mends what cutting off nine tenths breaks", tenth, bare, "%",
             figure="cut", paper="AlexNet keeps its accuracy with a ninth of its weights, VGG-16 "
             "with a thirteenth (Han 2015, abstract)"),
        more("with half of its weights the bundled network keeps more answers when the weights are "
             "chosen for all layers together and it learns on, than with half of each layer",
             half[TUNED], half[EACH], "%", figure="own",
             note=f"; so chosen, before it learns on, {chosen:.1f} %"),
        above("and then it keeps at least 90 % of its answers", half[TUNED], 90.0, "%"),
    ]  # fmt: skip
    claims[-2:] = [replace(one, over="5 photographs") for one in claims[-2:]]
    first = next(iter(sets))
    seen = (
        f"From {own} pictures the student got {mean_sd(hard, '%')} of new ones right with labels "
        f"and {mean_sd(soft, '%')} with the ensemble's odds at {WARM}. "
        f"{_ensembles(sets)}"
        f"With 8 bits a weight a large network loses {-summary(eight).mean + 0.0:.2f} points. A "
        f"perceptron of which a tenth of the weights is kept gets {mean_sd(bare, '%')} right, "
        f"and {mean_sd(tenth, '%')} when it learns on. The bundled network, a real one, keeps "
        f"{summary(half[EACH]).mean:.0f} % of its answers with half of each layer's weights, and "
        f"{chosen:.0f} % with the half that matters most, {summary(half[TUNED]).mean:.0f} % when "
        "it learns on"
        f"{_least(kept)}."
    )
    measures = [
        Measure("teacher", "a large network", taught, "%", "MNIST: 67 errors of 10,000 (sec. 3)"),
        Measure("ensemble", "the ensemble", (together,), "%"),
        Measure("labels", f"student, labels of {own} pictures", hard, "%",
                "speech, 3 % of the data: 44.5 % of frames (table 5)"),
    ]  # fmt: skip
    for name, student in students.items():
        if name != "labels":
            note = "speech, 3 % of the data: 57.0 % (table 5)" if name == WARM else ""
            measures.append(Measure(name, f"student, odds at {name}", student.right, "%", note))
    for name, group in sets.items():
        paper = ("58.9 %", "61.1 %", "60.8 %") if name == first else ("", "", "")
        rows = (("single", "one network", group.single), ("ensemble", "all", group.ensemble),
                ("student", "one that learnt from all", group.student))  # fmt: skip
        for (key, words, values), theirs in zip(rows, paper, strict=True):
            note = f"voice search: {theirs} (table 1)" if theirs else ""
            measures.append(Measure(f"{name}, {key}", f"{name}, {words}", values, "%", note))
        measures.append(
            Measure(f"{name}, kept", f"{name}, the student's part of the gain", group.kept(),
                    "%", "86 % (reckoned from table 1)" if name == first else "")
        )  # fmt: skip
    measures += [
        Measure("never, labels", f"never saw a {missing.name}: labels", missing.by_labels, "%"),
        Measure("never, odds", f"never saw a {missing.name}: odds", missing.by_odds, "%"),
        Measure("never, mended", f"never saw a {missing.name}: odds, bias set", missing.mended, "%",
                "MNIST: 98.6 % of the threes (sec. 3)"),
        Measure("never, whole", "the same student on all new pictures", missing.whole, "%"),
    ]  # fmt: skip
    measures += [
        Measure(name, f"{name}, {size.kilobytes:.0f} KB", size.right, "%")
        for name, size in smaller.items()
    ]
    title = "the bundled network, same first class (over photographs)"
    measures += [
        Measure(f"own, {way}, {share:g}", f"{title}, {way}, {_part(share)}", _percent(same), "%")
        for way, row in kept.cut.items() for share, same in row.items() if share < 1
    ]  # fmt: skip
    measures += [
        Measure(f"own, {bits} bits", f"{title}, {bits} bits", _percent(same), "%")
        for bits, same in kept.rounded.items()
    ]
    return LabOutcome(seen, tuple(measures), judge(claims))


def _in_one(name: str, one: Together, figure: str) -> list[Claim]:
    """That the ensemble gains, and that one network keeps most of it."""
    part = summary(one.kept())
    share = f"; {part.mean:.0f} % of the gain (temperature {one.size.temperature:g})"
    if part.count > 1:
        share += f", 95 % interval {part.low:.0f} to {part.high:.0f} %"
    bound = tuple(
        single + MOST_OF_IT * (all_ - single)
        for single, all_ in zip(one.single, one.ensemble, strict=True)
    )
    return [
        more(f"{name}: the ensemble is right more often than one of its networks, of "
             f"{one.size.layers} layers of {one.size.hidden} units, chosen on held-out samples",
             one.ensemble,
             one.single, "%", figure=figure,
             paper="voice search: 61.1 against 58.9 % of frames (Hinton 2015, table 1)"),
        more(f"{name}: one network that learnt from it has more than four fifths of that gain",
             one.student, bound, "%", note=share, paper="60.8 % of frames, more "
             "than 80 % of the gain (table 1)"),
    ]  # fmt: skip


def _ensembles(sets: Mapping[str, Together]) -> str:
    parts = [
        f"{name} {summary(one.single).mean:.1f}, {summary(one.ensemble).mean:.1f} and "
        f"{summary(one.student).mean:.1f} %"
        for name, one in sets.items()
    ]
    return (
        "One small network, an ensemble of them, and one that learnt from the ensemble are right "
        f"on {'; '.join(parts)}: the last has "
        f"{', '.join(f'{summary(one.kept()).mean:.0f}' for one in sets.values())} % of the gain. "
    )


def _part(share: float) -> str:
    return f"{100 * share:.0f} % of weights"


def _least(kept: AnswersKept) -> str:
    """How few weights still leave nine of ten answers."""
    fine = [
        share
        for share, same in kept.cut[TUNED].items()
        if share < 1 and summary(_percent(same)).mean >= 90
    ]
    return f"; nine of ten answers stay down to {100 * min(fine):.0f} % of them" if fine else ""


def _percent(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(100 * one for one in shares)
