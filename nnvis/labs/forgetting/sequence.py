"""One task after the other through the same networks, with a cure or without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.forgetting.ewc import Anchor
from nnvis.labs.forgetting.fisher import fisher
from nnvis.labs.forgetting.tasks import Task
from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled

CURES = ("none", "dropout", "rehearsal", "l2", "ewc", "joint")


@dataclass(frozen=True)
class Cure:
    """What is done against forgetting."""

    name: str = "none"
    strength: float = 0.0  # lambda of "ewc" and "l2"
    kept: int = 50  # pictures of each old task that "rehearsal" shows again
    dropout: float = 0.5


@dataclass(frozen=True)
class Moment:
    """How the networks do after an epoch."""

    task: int  # that is being learnt
    epoch: int  # of it, from 1
    accuracies: Tensor  # (R, tasks), share right of each task's test pictures


def learn(
    stack: Stack,
    tasks: Sequence[Task],
    cure: Cure,
    recipe: TrainingParameters,
    seeds: Sequence[int],
) -> Iterator[Moment]:
    """Train `stack` in place on each of `tasks` in turn; "joint" has all tasks seen so far."""
    anchor = Anchor()
    for number, task in enumerate(tasks):
        seen = tasks[: number + 1]
        if cure.name == "joint":
            x, y = _pool(seen, [len(one.labels) for one in seen], seeds)
        elif cure.name == "rehearsal" and number:
            # Every old task weighs as much as in a batch of its own: it is shown again that often.
            old = [cure.kept] * number
            x, y = _pool(seen, [*old, len(task.labels)], seeds, fill=len(task.labels))
        else:
            x, y = task.train, task.labels
        plan = TrainingParameters(
            epochs=recipe.epochs,
            batch=recipe.batch,
            rate=recipe.rate,
            dropout=cure.dropout if cure.name == "dropout" else 0.0,
        )

        def hold() -> None:
            anchor.pull(stack, recipe.rate, cure.strength)

        own = [seed + 31 * number for seed in seeds]
        for epoch in fit(stack, x, labelled(y), plan, own, after=hold):
            scores = [accuracy(stack, one.test, one.test_labels) for one in tasks]
            yield Moment(number, epoch, torch.stack(scores, 1))
        if cure.name == "ewc":
            anchor.add(stack, fisher(stack, task.train))
        elif cure.name == "l2":
            anchor.add(stack, tuple(torch.ones_like(one) for one in stack.parameters()))


def _pool(
    tasks: Sequence[Task], counts: Sequence[int], seeds: Sequence[int], fill: int = 0
) -> tuple[Tensor, Tensor]:
    """Pictures (R,N,D) and labels (R,N): `counts` a task, drawn by seed, repeated to `fill`."""
    rows_x, rows_y = [], []
    for place, seed in enumerate(seeds):
        parts_x, parts_y = [], []
        for number, (task, count) in enumerate(zip(tasks, counts, strict=True)):
            die = torch.Generator().manual_seed(1000 * seed + number)
            pictures = task.train if task.train.ndim == 2 else task.train[place]
            taken = torch.randperm(len(task.labels), generator=die)[:count]
            taken = taken.repeat(-(-max(fill, count) // count))[: max(fill, count)]
            parts_x.append(pictures[taken])
            parts_y.append(task.labels[taken])
        rows_x.append(torch.cat(parts_x))
        rows_y.append(torch.cat(parts_y))
    return torch.stack(rows_x), torch.stack(rows_y)
