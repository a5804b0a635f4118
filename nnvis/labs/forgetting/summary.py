"""What the numbers of `forget` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.framework.outcome import Finding, LabOutcome, Measure
from nnvis.labs.framework.statistics import mean_sd, summary


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
    kept: Mapping[str, AccuracyTable], groups: Mapping[str, AccuracyTable], names: Mapping[str, str]
) -> LabOutcome:
    """Sum up: `kept` by cure for permuted tasks, `groups` for groups of classes."""
    bare, ewc, joint = kept["none"], kept["ewc"], kept["joint"]
    lost, held = summary(bare.lost()).mean, summary(ewc.lost()).mean
    spared = 1 - held / lost if lost > 0 else 0.0
    bound = summary(joint.mean()).mean
    others = {name: summary(one.mean()).mean for name, one in kept.items() if name != "joint"}
    best = max(others, key=lambda name: others[name])
    if lost >= 30:
        seen = (
            f"Learning the second task cost the first {lost:.0f} of "
            f"{summary(bare.first_before()).mean:.0f} points without a cure"
        )
    else:
        seen = f"Learning the second task cost the first only {lost:.0f} points, less than expected"
    seen += (
        f"; EWC kept {100 * spared:.0f} % of that loss away. "
        f"At the end {names[best]} knows {others[best]:.0f} % of all tasks, EWC "
        f"{others['ewc']:.0f} %, no cure {others['none']:.0f} %, and learning all at once "
        f"{bound:.0f} %."
    )
    by_group = summary(groups["ewc"].first_after()).mean
    findings = (
        Finding(
            "after the second task the first has fallen by at least 30 points without a cure",
            lost >= 30,
            mean_sd(bare.lost(), "points"),
        ),
        Finding(
            "EWC keeps at least half of that loss away",
            spared >= 0.5,
            f"{mean_sd(ewc.lost(), 'points')} lost instead, {100 * spared:.0f} % kept away",
        ),
        Finding(
            "learning all tasks at once bounds every cure",
            bound >= max(others.values()),
            f"{mean_sd(joint.mean(), '%')}, the best cure ({names[best]}) {others[best]:.1f} %",
        ),
        Finding(
            "EWC does not help where new classes come and one head must tell all apart",
            by_group < 50,
            f"first group after the second: {mean_sd(groups['ewc'].first_after(), '%')} with EWC, "
            f"{mean_sd(groups['rehearsal'].first_after(), '%')} with rehearsal",
        ),
    )
    paper = {"ewc": "permuted MNIST: the first task stays close to where it was over all tasks"}
    measures = []
    for name, one in kept.items():
        title = names[name]
        measures += [
            Measure(
                f"{name}: before", f"{title}: first task, just learnt", one.first_before(), "%"
            ),
            Measure(f"{name}: lost", f"{title}: lost of it by the second", one.lost(), "points"),
            Measure(f"{name}: last", f"{title}: newest task at the end", one.last(), "%"),
            Measure(
                f"{name}: mean",
                f"{title}: all tasks at the end",
                one.mean(),
                "%",
                paper.get(name, ""),
            ),
        ]
    for name, one in groups.items():
        title = f"groups of classes, {names[name]}"
        measures.append(
            Measure(f"groups, {name}", f"{title}: first group at the end", one.first_after(), "%")
        )
    return LabOutcome(seen, tuple(measures), findings)
