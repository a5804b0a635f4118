"""Tasks in a row with every cure, the frontier of old and new, classes in groups, and words."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.labs.datasets.data import Data
from nnvis.labs.datasets.load import load
from nnvis.labs.forgetting.frontier import STARTS, Possibilities, draw, possibilities
from nnvis.labs.forgetting.sequence import CURES, SETTLED, Cure, Moment, learn
from nnvis.labs.forgetting.summary import NAMES, AccuracyTable, summarise
from nnvis.labs.forgetting.tasks import Task, permuted, split
from nnvis.labs.framework.drawing import chart
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.framework.table_figure import tables
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters
from nnvis.progress import Progress, Steps, relayed

HELD = 3e-3  # lambda of springs that are alike for all weights: the best of 1e-3, 3e-3, 1e-2
DROPOUT = 0.5
GROUPED = ("none", "ewc", "distil", "rehearsal")
OF_WORDS = (*GROUPED, "joint")
FEWEST = 300  # words, so that each pair of languages has some
PAIRS = 5  # groups of languages
EPOCHS, FEW_EPOCHS = 30, 16  # of each task
OF_BOTH, FEW_OF_BOTH = (25, 20), (12, 10)  # epochs of the frontier: old task, new task
RATE = 0.5  # of words: at 0.1 they are hardly learnt in the epochs of a quick run


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Permuted tasks with all cures, the frontier, then groups of classes."""
    data, seeds = plan.data, plan.seeds
    epochs, frontier = (FEW_EPOCHS, FEW_OF_BOTH) if plan.quick else (EPOCHS, OF_BOTH)
    count = plan.whole("tasks")
    tasks = permuted(
        data.train, data.labels, data.test, data.test_labels, count, seeds, plan["moved"] / 100
    )
    groups = split(data.train, data.labels, data.test, data.test_labels, 2)
    shown: tuple[LabPicture, ...] = ()
    if data.are_pictures:
        rows = [one.train[None] if one.train.ndim == 2 else one.train[:1] for one in tasks]
        look = tiles([one[0, :12] for one in rows], data.shape)
        shown = (LabPicture("tasks", "The same pictures in every task, a row each", look),)
    yield LabProgress(0, 0, "starting", shown=shown)
    words = yield from _words(plan)
    total = epochs * (count * len(CURES) + 2 * len(GROUPED)) + 2 * len(STARTS) * sum(frontier)
    total += epochs * (2 + PAIRS) * len(OF_WORDS) if words else 0
    kept: dict[str, AccuracyTable] = {}
    done = 0
    orders = Row(data, tasks, "first", "task", "tasks-kept")
    classes = Row(data, groups, "groups", "group", "groups-kept")
    for cure in _cures(plan):
        kept[cure.name] = yield from _through(plan, orders, cure, epochs, done, total)
        done += epochs * count
        yield LabProgress(done, total, NAMES[cure.name], shown=(_tables(kept, orders),))
    met: dict[tuple[str, bool], Possibilities] = {}
    for activation in STARTS:
        for dropped in (False, True):
            steps = possibilities(
                tasks, activation, DROPOUT if dropped else 0.0, plan.whole("width"), frontier,
                seeds,
            )  # fmt: skip

            def whole(step: Progress, before: int = done, of: str = activation) -> Progress:
                return LabProgress(before + step.done, total, f"{of}, {step.note}")

            met[activation, dropped] = yield from relayed(steps, whole)
            done += sum(frontier)
            title = "Old and new task: the frontier of each kind of network, mean of the seeds"
            yield LabProgress(
                done, total, activation, shown=(chart("frontier", title, draw, dict(met)),)
            )
    by_group: dict[str, AccuracyTable] = {}
    for cure in _cures(plan):
        if cure.name in GROUPED:
            by_group[cure.name] = yield from _through(plan, classes, cure, epochs, done, total)
            done += 2 * epochs
            yield LabProgress(done, total, NAMES[cure.name], shown=(_tables(by_group, classes),))
    spoken = (yield from _spoken(plan, words, epochs, done, total)) if words else None
    return summarise(kept, by_group, met, spoken)


@dataclass(frozen=True)
class Row:
    """Tasks of one data set one after the other, and where they are drawn."""

    data: Data
    tasks: list[Task]
    panel: str
    of: str  # what one of them is called
    picture: str
    rate: float = 0.1


def _words(plan: LabPlan) -> Steps[Data | None]:
    """Words beside the lab's own data; None where they are those, or are not here."""
    count = plan.whole("words")
    if not count or plan.data.name == "words":
        return None
    try:
        words = yield from load("words")
    except UserError:
        return None
    count = max(count // (5 if plan.quick else 1), FEWEST)
    return words.first(count).to(plan.data.train.device)


def _spoken(
    plan: LabPlan, words: Data, epochs: int, done: int, total: int
) -> Steps[tuple[dict[str, AccuracyTable], dict[str, AccuracyTable]]]:
    """Words whose groups of letters change places, and languages that come two by two."""
    parts = words.train, words.labels, words.test, words.test_labels
    orders = permuted(*parts, 2, plan.seeds, plan["moved"] / 100)
    orders = [
        replace(one, name=f"values in order {number}" if number else one.name)
        for number, one in enumerate(orders)
    ]
    pairs = [replace(one, name=_languages(words, one)) for one in split(*parts, PAIRS)]
    found: list[dict[str, AccuracyTable]] = []
    for row in (
        Row(words, orders, "words", "task", "words-kept", RATE),
        Row(words, pairs, "languages", "pair of languages", "languages-kept", RATE),
    ):
        kept: dict[str, AccuracyTable] = {}
        for cure in _cures(plan):
            if cure.name in OF_WORDS:
                kept[cure.name] = yield from _through(plan, row, cure, epochs, done, total)
                done += epochs * len(row.tasks)
                yield LabProgress(done, total, NAMES[cure.name], shown=(_tables(kept, row),))
        found.append(kept)
    return found[0], found[1]


def _cures(plan: LabPlan) -> list[Cure]:
    strengths = {"ewc": plan["strength"], "ewc latest": plan["strength"], "l2": HELD}
    return [Cure(name, strengths.get(name, 0.0), plan.whole("kept"), DROPOUT) for name in CURES]


def _languages(words: Data, task: Task) -> str:
    """Such as "German, English"."""
    return ", ".join(words.classes[place] for place in task.classes.nonzero().flatten().tolist())


def _through(
    plan: LabPlan, row: Row, cure: Cure, epochs: int, done: int, total: int
) -> Steps[AccuracyTable]:
    data, name, tasks = row.data, NAMES[cure.name], row.tasks
    width = plan.whole("width")
    widths = (data.train.shape[1], width, width, len(data.classes))
    stack = build(widths, plan.seeds, device=data.train.device)
    ends: list[Tensor] = []
    last: list[Tensor] = []
    training = TrainingParameters(epochs, 32, row.rate, settle=0.4)
    for step, now in enumerate(learn(stack, tasks, cure, training, plan.seeds)):
        points = [Point(row.panel, name, step + 1, _percent(now.accuracies[:, 0]))]
        if row.panel == "first":
            seen = now.accuracies[:, : now.task + 1].mean(1)
            points.append(Point("all", name, step + 1, _percent(seen)))
        yield LabProgress(done + step + 1, total, _note(name, tasks, now), points=tuple(points))
        last = [*last, now.accuracies][-SETTLED:]
        if now.epoch == epochs:
            ends.append(torch.stack(last).mean(0))
    table = torch.stack(ends, 1)  # (R, learnt so far, tasks)
    return AccuracyTable(tuple(tuple(_percent(row) for row in one) for one in table.cpu()))


def _tables(kept: dict[str, AccuracyTable], row: Row) -> LabPicture:
    """What is right, of every cure so far, side by side."""
    parts = {}
    for name, one in kept.items():
        mean = torch.tensor(one.table).mean(0)
        later = torch.ones_like(mean).triu(1).bool()
        parts[NAMES[name]] = mean.masked_fill(later, torch.nan)
    names = [task.name for task in row.tasks]
    title = f"{row.data.name}: right on each {row.of} after each was learnt, mean of the seeds"
    return chart(
        row.picture, title, tables, parts, [f"after: {name}" for name in names], names, down="",
        across=f"right on this {row.of}", unit="right, %",
    )  # fmt: skip


def _note(name: str, tasks: list[Task], now: Moment) -> str:
    return f"{name}, task {now.task + 1} of {len(tasks)}: {tasks[now.task].name}"


def _percent(shares_: Tensor) -> tuple[float, ...]:
    return tuple(100 * one for one in shares_.tolist())
