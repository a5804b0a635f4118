"""Tasks in a row made of one set of pictures: permuted pixels, or some classes after others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Task:
    """One task for R networks; pictures are (R,N,D) or (N,D), labels (N,)."""

    name: str
    train: Tensor
    labels: Tensor
    test: Tensor
    test_labels: Tensor
    classes: Tensor  # bool (K,): the answers that this task allows


def permuted(
    train: Tensor,
    labels: Tensor,
    test: Tensor,
    test_labels: Tensor,
    count: int,
    seeds: Sequence[int],
    moved: float = 1.0,
) -> list[Task]:
    """The pictures as they are, then with pixels in an order of each seed's own, ever another.

    Of the pixels the share `moved` changes places; with 0 all tasks are the same. The tasks are
    equally hard for a network of plain layers, and each wants another solution (Kirkpatrick 2017).
    """
    dice = [torch.Generator().manual_seed(104729 + seed) for seed in seeds]
    classes = torch.ones(int(labels.max()) + 1, dtype=torch.bool)
    tasks = [Task("as they are", train, labels, test, test_labels, classes)]
    for number in range(1, count):
        orders = [_order(train.shape[1], moved, die) for die in dice]
        tasks.append(
            Task(
                f"pixels in order {number}",
                torch.stack([train[:, order] for order in orders]),
                labels,
                torch.stack([test[:, order] for order in orders]),
                test_labels,
                classes,
            )
        )
    return tasks


def _order(count: int, moved: float, die: torch.Generator) -> Tensor:
    order = torch.arange(count)
    chosen = torch.randperm(count, generator=die)[: round(moved * count)]
    order[chosen.sort().values] = chosen
    return order


def split(
    train: Tensor, labels: Tensor, test: Tensor, test_labels: Tensor, count: int
) -> list[Task]:
    """The classes in `count` groups, one group after the other."""
    total = int(labels.max()) + 1
    tasks = []
    for group in torch.arange(total, device=labels.device).tensor_split(count):
        here, there = torch.isin(labels, group), torch.isin(test_labels, group)
        classes = torch.zeros(total, dtype=torch.bool, device=labels.device)
        classes[group] = True
        tasks.append(
            Task(
                f"{int(group[0])} to {int(group[-1])}",
                train[here],
                labels[here],
                test[there],
                test_labels[there],
                classes,
            )
        )
    return tasks
