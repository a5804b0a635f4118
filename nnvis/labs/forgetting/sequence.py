"""One task after the other through the same networks, with a cure or without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, softmax

from nnvis.labs.forgetting.ewc import Anchor
from nnvis.labs.forgetting.fisher import fisher
from nnvis.labs.forgetting.tasks import Task
from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.fit import (
    Loss,
    TrainingParameters,
    accuracy,
    fit,
    gather,
    labelled,
)

CURES = ("none", "dropout", "l2", "ewc", "ewc latest", "distil", "rehearsal", "joint")
SETTLED = 3  # the last epochs of a task, whose mean is what is right after it
SOFT = 2.0  # temperature of the answers that "distil" keeps, as Li & Hoiem 2016 have it


@dataclass(frozen=True)
class Cure:
    """What is done against forgetting."""

    name: str = "none"
    strength: float = 0.0  # lambda of "ewc" and "l2"
    kept: int = 50  # samples of each old task that "rehearsal" shows again
    dropout: float = 0.5


@dataclass(frozen=True)
class Moment:
    """How the networks do after an epoch."""

    task: int  # that is being learnt
    epoch: int  # of it, from 1
    accuracies: Tensor  # (R, tasks), share right of each task's test samples


def learn(
    stack: Stack,
    tasks: Sequence[Task],
    cure: Cure,
    training: TrainingParameters,
    seeds: Sequence[int],
) -> Iterator[Moment]:
    """Train `stack` in place on each of `tasks` in turn; "joint" has all tasks seen so far.

    The Fisher information is taken after the last epoch of a task, where the rate has fallen.
    """
    anchor = Anchor(latest=cure.name == "ewc latest")
    before: Stack | None = None
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
        plan = replace(training, dropout=cure.dropout if cure.name == "dropout" else 0.0)
        loss = labelled(y)
        if cure.name == "distil" and before is not None:
            loss = _and_answers(loss, before, x)
        own, epoch = [seed + 31 * number for seed in seeds], 0

        def hold() -> None:
            anchor.pull(stack, plan.rate_in(epoch), cure.strength)  # noqa: B023

        for epoch in fit(stack, x, loss, plan, own, after=hold):
            scores = [accuracy(stack, one.test, one.test_labels) for one in tasks]
            yield Moment(number, epoch, torch.stack(scores, 1))
        if cure.name in ("ewc", "ewc latest"):
            anchor.add(stack, fisher(stack, task.train))
        elif cure.name == "l2":
            anchor.add(stack, tuple(torch.ones_like(one) for one in stack.parameters()))
        before = stack.copy()


def _and_answers(loss: Loss, before: Stack, x: Tensor) -> Loss:
    """`loss`, and the soft answers that the network gave to the new samples before (no old ones).

    Li & Hoiem 2016, "Learning without forgetting", arXiv 1606.09282, eq. 2 to 4, with Hinton's T^2.
    """
    with torch.no_grad():
        goals = softmax(before(x) / SOFT, -1)

    def both(logits: Tensor, index: Tensor) -> Tensor:
        goal = gather(goals, index)
        kept = -(goal * log_softmax(logits / SOFT, -1)).sum(-1).mean(1) * SOFT**2
        return loss(logits, index) + kept

    return both


def _pool(
    tasks: Sequence[Task], counts: Sequence[int], seeds: Sequence[int], fill: int = 0
) -> tuple[Tensor, Tensor]:
    """Samples (R,N,D) and labels (R,N): `counts` a task, drawn by seed, repeated to `fill`."""
    rows_x, rows_y = [], []
    for place, seed in enumerate(seeds):
        parts_x, parts_y = [], []
        for number, (task, count) in enumerate(zip(tasks, counts, strict=True)):
            die = torch.Generator().manual_seed(1000 * seed + number)
            samples = task.train if task.train.ndim == 2 else task.train[place]
            taken = torch.randperm(len(task.labels), generator=die)[:count]
            taken = taken.repeat(-(-max(fill, count) // count))[: max(fill, count)]
            parts_x.append(samples[taken])
            parts_y.append(task.labels[taken])
        rows_x.append(torch.cat(parts_x))
        rows_y.append(torch.cat(parts_y))
    return torch.stack(rows_x), torch.stack(rows_y)
