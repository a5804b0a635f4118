"""What the numbers of the two objects say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure

WAYS = {
    "none": "no cure",
    "ewc": "EWC",
    "distil": "distillation",
    "frozen": "frozen trunk",
}
LISTED = 10  # classes
LOST = 5.0  # points of old answers from which on forgetting is said to show
LEARNT = 90.0  # % of the objects' new pictures


@dataclass(frozen=True)
class Place:
    """One look while the objects are learnt."""

    step: int
    two: float  # % right on the objects' kept pictures
    old: float  # % of pieces whose first class is the one of before
    odds: float  # % of the probability of those classes that is left
    now: tuple[int, ...]  # the first class of each piece


@dataclass(frozen=True)
class ObjectsQuestion:
    """What was learnt and asked."""

    model: str
    names: tuple[str, str]
    learnt: int  # pictures
    tried: int
    pieces: int
    of: str


@dataclass(frozen=True)
class Gone:
    """One old class."""

    index: int
    pieces: int  # of which it was the first before
    kept: int
    instead: int | None  # what the others are called now, mostly


def gone(before: Sequence[int], now: Sequence[int]) -> list[Gone]:
    """All old classes, that of which most pieces are lost first."""
    found = []
    for index, pieces in Counter(before).items():
        told = [there for was, there in zip(before, now, strict=True) if was == index]
        others = Counter(there for there in told if there != index)
        instead = min(others, key=lambda one: (-others[one], one)) if others else None
        found.append(Gone(index, pieces, told.count(index), instead))
    return sorted(found, key=lambda one: (one.kept - one.pieces, one.kept, one.index))


def summarise(
    courses: Mapping[str, Sequence[Place]],
    asked: ObjectsQuestion,
    before: Sequence[int],
    labels: Sequence[str] | None,
) -> LabOutcome:
    """Sum up: `courses` by way, `before` the first class of each piece."""
    ends = {way: course[-1] for way, course in courses.items()}
    bare = ends["none"]
    lost, classes = 100 - bare.old, gone(before, bare.now)
    wholly = [one for one in classes if one.kept == 0]
    seen = (
        f"After {bare.step} steps on {asked.learnt} pictures a copy of {asked.model} tells "
        f"{asked.names[0]} from {asked.names[1]} in {bare.two:.0f} % of {asked.tried} later "
        f"pictures; of {asked.pieces} pieces of {asked.of}, which have no labels, {lost:.0f} % got "
        f"another first class than before, and {bare.odds:.0f} % of the old ones' odds is left."
    )
    if wholly:
        names = ", ".join(label(labels, one.index) for one in wholly[:3])
        more = f" and {len(wholly) - 3} more" if len(wholly) > 3 else ""
        seen += f" Of the {len(classes)} classes it named it names {names}{more} nowhere now."
    cures = {way: end for way, end in ends.items() if way != "none"}
    if cures:
        told = ", ".join(
            f"{WAYS[way]}: {100 - end.old:.0f} % (objects {end.two:.0f} %)"
            for way, end in cures.items()
        )
        seen += f" With a cure: {told}."
    findings = [
        Finding(
            "the objects are learnt",
            bare.two >= LEARNT,
            f"{bare.two:.1f} % of {asked.tried} pictures right, 50 % by guessing",
        ),
        Finding(
            "old answers change without a cure",
            lost >= LOST,
            f"{lost:.1f} % of {asked.pieces} pieces",
        ),
    ]
    findings += [
        Finding(
            f"{WAYS[way]} loses fewer, and learns the objects as well",
            end.old > bare.old and end.two >= min(LEARNT, bare.two),
            f"{100 - end.old:.1f} % lost, {end.two:.1f} % right",
        )
        for way, end in cures.items()
    ]
    measures = []
    for way, end in ends.items():
        measures += [
            Measure(f"{way}: two", f"{WAYS[way]}: right on the two objects", (end.two,), "%"),
            Measure(f"{way}: old", f"{WAYS[way]}: first class as before", (end.old,), "%"),
            Measure(f"{way}: odds", f"{WAYS[way]}: odds left of it", (end.odds,), "%"),
        ]
    for one in classes[:LISTED]:
        if one.instead is None:
            break
        title = (
            f"{label(labels, one.index)}: so called before were {one.pieces}, still are without "
            f"a cure (the others mostly {label(labels, one.instead)})"
        )
        measures.append(Measure(f"class {one.index}", title, (100 * one.kept / one.pieces,), "%"))
    return LabOutcome(seen, tuple(measures), tuple(findings))


def label(labels: Sequence[str] | None, index: int) -> str:
    """The name of a class."""
    return labels[index] if labels is not None and index < len(labels) else f"class {index}"
