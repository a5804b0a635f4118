"""What the numbers of units and random directions say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, permuted, summary
from nnvis.labs.own_directions.measure import KINDS, Shared, Values

CLOSE = 1.0  # deviations of the units
SURE = 0.01  # p from which on kinds are said to differ
PAPER = "judged by eye on MNIST and AlexNet: similarly interpretable"


@dataclass(frozen=True)
class Space:
    """Where it is told how alike pictures are."""

    name: str  # "looks" "second" "class"
    words: str
    alike: Values
    unit: str = ""  # "%" of shares

    @property
    def digits(self) -> int:
        """After the point."""
        return 1 if self.unit else 3


@dataclass(frozen=True)
class DirectionsQuestion:
    """What was compared on what."""

    model: str
    layer: str
    units: int  # of the layer
    compared: int
    quiet: int  # that no pictures rise for
    pictures: int
    of: str
    top: int
    highest: bool
    dimensions: tuple[float, float]  # as they are, and scaled; see measure.py
    notes: tuple[str, ...]  # what was left out of the pictures


def means(rows: Sequence[torch.Tensor]) -> tuple[float, ...]:
    """The mean of each row."""
    return tuple(float(row.mean()) for row in rows)


def gaps(one: Values, kind: str = "random") -> tuple[float, ...]:
    """How far units are above directions, in deviations over the units; one a seed.

    NaN where all units are alike and the directions are not.
    """
    unit = one["unit"][0]
    middle, spread = float(unit.mean()), float(unit.std())
    if spread == 0:
        return tuple(0.0 if mean == middle else torch.nan for mean in means(one[kind]))
    return tuple((middle - mean) / spread for mean in means(one[kind]))


def beaten(one: Values, kind: str = "random") -> tuple[float, ...]:
    """In how many % of pairs a unit is more alike than a direction, ties half; one a seed.

    50 where nothing parts them: the area under the ROC curve.
    """
    found = []
    for row in one[kind]:
        ordered = row.sort().values
        below = torch.searchsorted(ordered, one["unit"][0])
        most = torch.searchsorted(ordered, one["unit"][0], right=True)
        found.append(100 * float((below + most).double().mean()) / (2 * len(row)))
    return tuple(found)


def lead(one: Values, kind: str = "random") -> tuple[float, ...]:
    """The share in % of the units' lead over chance that directions have; one a seed."""
    middle = float(one["unit"][0].mean())
    return tuple(
        100 * (mean - chance) / (middle - chance) if middle != chance else torch.nan
        for mean, chance in zip(means(one[kind]), means(one["chance"]), strict=True)
    )


def summarise(
    spaces: Sequence[Space], common: Mapping[str, Shared], asked: DirectionsQuestion
) -> LabOutcome:
    """Sum up."""
    findings: list[Finding] = []
    measures: list[Measure] = []
    parts = [_where(asked)]
    for space in spaces:
        said, found = _space(space)
        parts.append(said)
        findings += found
        measures += _measures(space)
    parts.append(_few(common, asked))
    different = {kind: one.different for kind, one in common.items()}
    share = summary(different["random"]).mean / different["unit"][0]
    findings.append(
        Finding(
            "random directions show at least half as many different pictures as units",
            share >= 0.5,
            f"{mean_sd(different['random'], '', 0)} against {different['unit'][0]} of "
            f"{asked.pictures}, {mean_sd(different['chance'], '', 0)} by chance",
        )
    )
    return LabOutcome(" ".join(parts), (*measures, *_common(common, asked)), tuple(findings))


def _where(asked: DirectionsQuestion) -> str:
    how = "highest cell" if asked.highest else "mean over its cells"
    quiet = f" ({asked.quiet} more rise for fewer than {asked.top} of them)" if asked.quiet else ""
    notes = f" Left out or odd: {', '.join(asked.notes)}." if asked.notes else ""
    return (
        f"{asked.layer} of {asked.model}: {asked.compared} of {asked.units} units{quiet}, each by "
        f"its {how}, and as many random directions, each with its top {asked.top} of "
        f"{asked.pictures} pictures of {asked.of}. The activations vary as if in "
        f"{asked.dimensions[0]:.0f} dimensions alone, in {asked.dimensions[1]:.0f} with all "
        f"units scaled to one deviation.{notes}"
    )


def _space(space: Space) -> tuple[str, list[Finding]]:
    one, digits = space.alike, space.digits
    after = f" {space.unit}" if space.unit else ""
    middle = {kind: f"{summary(means(one[kind])).mean:.{digits}f}{after}" for kind in KINDS}
    above = {kind: _above(one, kind) for kind in ("unit", "random")}
    findings, parts = [], {}
    for kind, words in (
        ("random", "random directions are"),
        ("scaled", "with all units scaled they are"),
    ):
        p = permuted(one["unit"][0].tolist(), torch.cat(one[kind]).tolist())
        gap = summary(gaps(one, kind))
        between = f" (95 % interval {_two(gap.low)} to {_two(gap.high)} over {gap.count} draws)"
        apart = f"{_two(gap.mean) if gap.count else 'no number of'} deviations of the units"
        findings.append(
            Finding(
                f"by {space.words}, {words} as alike as units, to within one deviation of these",
                abs(gap.mean) <= CLOSE,
                f"units {middle['unit']}, directions {middle[kind]}, {apart} "
                f"apart{between if gap.count > 1 else ''}, which chance gives with {_odds(p)}",
            )
        )
        leading = f"{mean_sd(lead(one, kind), '%', 0)} of the units' lead over chance"
        told = [leading] if above["unit"] <= SURE else []
        parts[kind] = ", ".join([*told, f"{apart} apart"])
    findings.append(
        Finding(
            f"by {space.words}, units and random directions are more alike than chance",
            max(above.values()) <= SURE,
            f"{middle['unit']} ({_odds(above['unit'])}) and {middle['random']} "
            f"({_odds(above['random'])}), chance {middle['chance']}",
        )
    )
    said = (
        f"By {space.words} the top pictures of a unit reach {middle['unit']}, of a random "
        f"direction {middle['random']} ({parts['random']}), of one with the units scaled "
        f"{middle['scaled']} ({parts['scaled']}), sets drawn by chance {middle['chance']}."
    )
    return said, findings


def _above(one: Values, kind: str) -> float:
    """The p of being as far above chance by chance, 1 where it is below."""
    row, chance = torch.cat(one[kind]), torch.cat(one["chance"])
    return permuted(row.tolist(), chance.tolist()) if row.mean() > chance.mean() else 1.0


def _measures(space: Space) -> list[Measure]:
    one, unit = space.alike, space.unit
    found = []
    for kind, words in KINDS.items():
        title = f"alike by {space.words}: {words}"
        paper = PAPER if kind == "random" else ""
        found.append(Measure(f"{space.name}: {kind}", title, means(one[kind]), unit, paper))
    deviation = (float(one["unit"][0].std()),)
    found.append(Measure(f"{space.name}: deviation", "deviation over units", deviation, unit))
    for kind, words in (("random", "random directions"), ("scaled", "the scaled ones")):
        found += [
            Measure(f"{space.name}: gap, {kind}", f"units above {words}, in deviations",
                    gaps(one, kind)),
            Measure(f"{space.name}: beaten, {kind}", f"a unit more alike than one of {words}",
                    beaten(one, kind), "% of pairs"),
            Measure(f"{space.name}: lead, {kind}", f"part of the units' lead that {words} have",
                    lead(one, kind), "%"),
        ]  # fmt: skip
    return found


def _few(common: Mapping[str, Shared], asked: DirectionsQuestion) -> str:
    unit, random, chance = (common[kind] for kind in ("unit", "random", "chance"))
    expected = asked.top**2 / asked.pictures
    return (
        f"All top sets of units hold {unit.different[0]} different pictures, those "
        f"of random directions {mean_sd(random.different, '', 0)}, of chance "
        f"{mean_sd(chance.different, '', 0)}; "
        f"of the {asked.top} along the mean activation (or its opposite, if a direction leans to "
        f"that) a random direction shares {mean_sd(random.with_mean, '', 1)}, a unit "
        f"{unit.with_mean[0]:.1f}, a set by chance {expected:.1f}."
    )


def _common(common: Mapping[str, Shared], asked: DirectionsQuestion) -> list[Measure]:
    found = [
        Measure(f"dimensions: {kind}", f"dimensions of the activations, {kind}", (one,))
        for kind, one in zip(("as they are", "scaled"), asked.dimensions, strict=True)
    ]
    for kind, one in common.items():
        words = KINDS[kind]
        most = tuple(100 * share for share in one.commonest)
        equal = tuple(100 * share for share in one.equal_mean)
        found += [
            Measure(f"{kind}: different", f"{words}: different pictures in all sets",
                    tuple(map(float, one.different)), f"/ {asked.pictures}"),
            Measure(f"{kind}: commonest", f"{words}: sets with the commonest picture", most, "%"),
            Measure(f"{kind}: mean", f"{words}: of a set also along the mean", one.with_mean,
                    f"/ {asked.top}"),
            Measure(f"{kind}: equal", f"{words}: sets that are the mean's", equal, "%"),
        ]  # fmt: skip
    return found


def _two(value: float) -> str:
    """Two digits after the point, and never "-0.00"."""
    return f"{round(value, 2) + 0.0:.2f}"


def _odds(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"
