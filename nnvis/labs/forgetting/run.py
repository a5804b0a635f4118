"""Tasks in a row with every cure, the frontier between old and new, and classes in groups."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.labs.forgetting.frontier import STARTS, Possibilities, draw, possibilities
from nnvis.labs.forgetting.sequence import CURES, SETTLED, Cure, Moment, learn
from nnvis.labs.forgetting.summary import NAMES, AccuracyTable, summarise
from nnvis.labs.forgetting.tasks import Task, permuted, split
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.framework.table_figure import tables
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters
from nnvis.progress import Steps

HELD = 3e-3  # lambda of springs that are alike for all weights: the best of 1e-3, 3e-3, 1e-2
DROPOUT = 0.5
GROUPED = ("none", "ewc", "distil", "rehearsal")


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Permuted tasks with all cures, the frontier, then groups of classes."""
    data, seeds = plan.data, plan.seeds
    epochs = 16 if plan.quick else 30
    frontier = (12, 10) if plan.quick else (25, 20)
    count = plan.whole("tasks")
    tasks = permuted(
        data.train, data.labels, data.test, data.test_labels, count, seeds, plan["moved"] / 100
    )
    groups = split(data.train, data.labels, data.test, data.test_labels, 2)
    total = epochs * (count * len(CURES) + 2 * len(GROUPED)) + 2 * len(STARTS) * sum(frontier)
    shown: tuple[LabPicture, ...] = ()
    if data.are_pictures:
        rows = [one.train[None] if one.train.ndim == 2 else one.train[:1] for one in tasks]
        look = tiles([one[0, :12] for one in rows], data.shape)
        shown = (LabPicture("tasks", "The same pictures in every task, a row each", look),)
    yield LabProgress(0, total, "starting", shown=shown)
    kept: dict[str, AccuracyTable] = {}
    done = 0
    for cure in _cures(plan):
        kept[cure.name] = yield from _through(plan, tasks, cure, epochs, "first", done, total)
        done += epochs * count
        picture = _tables(kept, tasks, "task")
        yield LabProgress(done, total, NAMES[cure.name], shown=(picture,))
    met: dict[tuple[str, bool], Possibilities] = {}
    for activation in STARTS:
        for dropped in (False, True):
            steps = possibilities(
                tasks, activation, DROPOUT if dropped else 0.0, plan.whole("width"), frontier,
                seeds,
            )  # fmt: skip
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    met[activation, dropped] = end.value
                    break
                yield LabProgress(done + step.done, total, f"{activation}, {step.note}")
            done += sum(frontier)
            title = "Old and new task: the frontier of each kind of network, mean of the seeds"
            yield LabProgress(
                done, total, activation, shown=(LabPicture("frontier", title, draw(met)),)
            )
    by_group: dict[str, AccuracyTable] = {}
    for cure in _cures(plan):
        if cure.name in GROUPED:
            by_group[cure.name] = yield from _through(
                plan, groups, cure, epochs, "groups", done, total
            )
            done += 2 * epochs
            picture = _tables(by_group, groups, "group")
            yield LabProgress(done, total, NAMES[cure.name], shown=(picture,))
    return summarise(kept, by_group, met)


def _cures(plan: LabPlan) -> list[Cure]:
    strengths = {"ewc": plan["strength"], "ewc latest": plan["strength"], "l2": HELD}
    return [Cure(name, strengths.get(name, 0.0), plan.whole("kept"), DROPOUT) for name in CURES]


def _through(
    plan: LabPlan, tasks: list[Task], cure: Cure, epochs: int, panel: str, done: int, total: int
) -> Steps[AccuracyTable]:
    data, name = plan.data, NAMES[cure.name]
    width = plan.whole("width")
    widths = (data.train.shape[1], width, width, len(data.classes))
    stack = build(widths, plan.seeds, device=data.train.device)
    ends: list[Tensor] = []
    last: list[Tensor] = []
    training = TrainingParameters(epochs, 32, 0.1, settle=0.4)
    for step, now in enumerate(learn(stack, tasks, cure, training, plan.seeds)):
        points = [Point(panel, name, step + 1, _percent(now.accuracies[:, 0]))]
        if panel == "first":
            seen = now.accuracies[:, : now.task + 1].mean(1)
            points.append(Point("all", name, step + 1, _percent(seen)))
        yield LabProgress(done + step + 1, total, _note(name, tasks, now), points=tuple(points))
        last = [*last, now.accuracies][-SETTLED:]
        if now.epoch == epochs:
            ends.append(torch.stack(last).mean(0))
    table = torch.stack(ends, 1)  # (R, learnt so far, tasks)
    return AccuracyTable(tuple(tuple(_percent(row) for row in one) for one in table.cpu()))


def _tables(kept: dict[str, AccuracyTable], tasks: list[Task], of: str) -> LabPicture:
    """What is right, of every cure so far, side by side."""
    parts = {}
    for name, one in kept.items():
        mean = torch.tensor(one.table).mean(0)
        later = torch.ones_like(mean).triu(1).bool()
        parts[NAMES[name]] = mean.masked_fill(later, torch.nan)
    names = [task.name for task in tasks]
    title = f"Right on each {of} after each {of} was learnt, mean of the seeds"
    picture = tables(
        parts, [f"after {name}" for name in names], names, down="", across=f"right on this {of}",
        unit="right, %",
    )  # fmt: skip
    return LabPicture(f"{of}s-kept", title, picture)


def _note(name: str, tasks: list[Task], now: Moment) -> str:
    return f"{name}, task {now.task + 1} of {len(tasks)}: {tasks[now.task].name}"


def _percent(shares_: Tensor) -> tuple[float, ...]:
    return tuple(100 * one for one in shares_.tolist())
