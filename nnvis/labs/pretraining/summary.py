"""What the numbers of `initialise` say."""

from __future__ import annotations

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, paired, summary

RANDOM, GLOROT, RBM, DENOISING = "random", "random, Glorot", "Boltzmann machines", "autoencoders"
STARTS = (RANDOM, GLOROT, RBM, DENOISING)
TAUGHT = (RBM, DENOISING)
WORDS = {"few": "few labels", "many": "all labels"}

Table = dict[tuple[str, int, str], tuple[float, ...]]  # task, depth, start: error in % a seed


def summarise(table: Table, few: int, many: int) -> LabOutcome:
    """Sum up; `few` and `many` are the numbers of labels of the two tasks."""
    deep = sorted({depth for task, depth, _ in table if task == "few" and depth >= 3})
    worst = deep[-1]
    findings = []
    for start in TAUGHT:
        gaps = {
            depth: paired(table["few", depth, RANDOM], table["few", depth, start]) for depth in deep
        }
        lower = all(p < 0.05 for p in gaps.values())
        calmer = all(
            summary(table["few", depth, start]).deviation
            < summary(table["few", depth, RANDOM]).deviation
            for depth in deep
        )
        numbers = "; ".join(
            f"{depth} layers {mean_sd(table['few', depth, start], '%')}, "
            f"random {mean_sd(table['few', depth, RANDOM], '%')}"
            for depth in deep
        )
        findings += [
            Finding(f"{start}: lower error with {few} labels and 3 or more layers", lower, numbers),
            Finding(f"{start}: and less spread between runs", calmer, numbers),
        ]
    best = min(TAUGHT, key=lambda start: summary(table["few", worst, start]).mean)
    random, taught = table["few", worst, RANDOM], table["few", worst, best]
    modern = table["few", worst, GLOROT]
    gain = summary(random).mean - summary(taught).mean
    ahead = summary(modern).mean - summary(taught).mean
    if findings[0].held or findings[2].held:
        seen = (
            f"With {few} labels and {worst} layers the error is {mean_sd(taught, '%')} from layers "
            f"taught by {best} and {mean_sd(random, '%')} from a random start, {gain:.1f} less. "
        )
    else:
        seen = (
            f"With {few} labels and {worst} layers pre-training gained {gain:.1f} points, "
            "which is not clear. "
        )
    where = [
        f"{WORDS[task]}, {_layers(depth)}"
        for task, depth, start in table
        if start == best and not _helps(table, task, depth, best, RANDOM)
    ]
    seen += (
        f"Glorot's random start, of the same year, reaches {mean_sd(modern, '%')} there"
        + (f", {ahead:.1f} points short of it" if ahead > 0 else ", which takes the lead away")
        + (f"; pre-training did not help with {'; '.join(where)}." if where else ".")
    )
    findings.append(
        Finding(
            f"{best} still help against Glorot's start of the same year, with {_layers(worst)}",
            _helps(table, "few", worst, best, GLOROT),
            f"{mean_sd(taught, '%')} and {mean_sd(modern, '%')} with {few} labels",
        )
    )
    measures = tuple(
        Measure(
            f"{task}, {depth}, {start}",
            f"{few if task == 'few' else many} labels, {_layers(depth)}, {start}: error",
            values,
            "%",
        )
        for (task, depth, start), values in table.items()
    )
    return LabOutcome(seen, measures, tuple(findings))


def _helps(table: Table, task: str, depth: int, start: str, other: str) -> bool:
    return paired(table[task, depth, other], table[task, depth, start]) < 0.05


def _layers(count: int) -> str:
    return "1 layer" if count == 1 else f"{count} layers"
