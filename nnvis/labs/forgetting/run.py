"""Tasks in a row with every cure."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.labs.forgetting.sequence import Cure, Moment, learn
from nnvis.labs.forgetting.summary import AccuracyTable, summarise
from nnvis.labs.forgetting.tasks import Task, permuted, split
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import shares, tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters
from nnvis.progress import Steps

NAMES = {
    "none": "no cure",
    "dropout": "dropout",
    "l2": "all weights held",
    "ewc": "EWC",
    "rehearsal": "rehearsal",
    "joint": "all tasks at once",
}
HELD = 3e-3  # lambda of springs that are alike for all weights: the best of 1e-3, 3e-3, 1e-2


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Permuted tasks with all cures, then groups of classes with those that remember most."""
    data, seeds = plan.data, plan.seeds
    epochs = 20 if plan.quick else 30
    count = plan.whole("tasks")
    tasks = permuted(data.train, data.labels, data.test, data.test_labels, count, seeds)
    groups = split(data.train, data.labels, data.test, data.test_labels, 2)
    total = epochs * (count * len(NAMES) + 2 * 3)
    rows = [one.train[None] if one.train.ndim == 2 else one.train[:1] for one in tasks]
    look = tiles([one[0, :12] for one in rows], data.shape)
    shown = LabPicture("tasks", "The same pictures in every task, a row each", look)
    yield LabProgress(0, total, "starting", shown=(shown,))
    kept: dict[str, AccuracyTable] = {}
    done = 0
    for cure in _cures(plan):
        kept[cure.name] = yield from _through(plan, tasks, cure, epochs, "first", done, total)
        done += epochs * count
        yield LabProgress(done, total, NAMES[cure.name], shown=(_tables(kept, "task"),))
    by_group: dict[str, AccuracyTable] = {}
    for cure in _cures(plan):
        if cure.name in ("none", "ewc", "rehearsal"):
            by_group[cure.name] = yield from _through(
                plan, groups, cure, epochs, "groups", done, total
            )
            done += 2 * epochs
            yield LabProgress(done, total, NAMES[cure.name], shown=(_tables(by_group, "group"),))
    return summarise(kept, by_group, NAMES)


def _cures(plan: LabPlan) -> list[Cure]:
    strengths = {"ewc": plan["strength"], "l2": HELD}
    return [Cure(name, strengths.get(name, 0.0), plan.whole("kept"), 0.5) for name in NAMES]


def _through(
    plan: LabPlan, tasks: list[Task], cure: Cure, epochs: int, panel: str, done: int, total: int
) -> Steps[AccuracyTable]:
    data, name = plan.data, NAMES[cure.name]
    width = plan.whole("width")
    widths = (data.train.shape[1], width, width, len(data.classes))
    stack = build(widths, plan.seeds, device=data.train.device)
    ends: list[Tensor] = []
    for step, now in enumerate(
        learn(stack, tasks, cure, TrainingParameters(epochs, 32, 0.1), plan.seeds)
    ):
        points = [Point(panel, name, step + 1, _percent(now.accuracies[:, 0]))]
        if panel == "first":
            seen = now.accuracies[:, : now.task + 1].mean(1)
            points.append(Point("all", name, step + 1, _percent(seen)))
        yield LabProgress(done + step + 1, total, _note(name, tasks, now), points=tuple(points))
        if now.epoch == epochs:
            ends.append(now.accuracies)
    table = torch.stack(ends, 1)  # (R, learnt so far, tasks)
    return AccuracyTable(tuple(tuple(_percent(row) for row in one) for one in table.cpu()))


def _tables(kept: dict[str, AccuracyTable], of: str) -> LabPicture:
    """What is right, of every cure so far, side by side."""
    parts = []
    for one in kept.values():
        mean = torch.tensor(one.table).mean(0) / 100
        later = torch.ones_like(mean).triu(1).bool()
        parts.append(
            torch.cat(
                [mean.masked_fill(later, torch.nan), mean.new_full((len(mean), 1), torch.nan)], 1
            )
        )
    names = ", ".join(NAMES[name] for name in kept)
    title = f"Right on each {of} (across) after each (down), the brighter the more: {names}"
    return LabPicture(f"{of}s-kept", title, shares(torch.cat(parts, 1)[:, :-1]))


def _note(name: str, tasks: list[Task], now: Moment) -> str:
    return f"{name}, task {now.task + 1} of {len(tasks)}: {tasks[now.task].name}"


def _percent(shares_: Tensor) -> tuple[float, ...]:
    return tuple(100 * one for one in shares_.tolist())
