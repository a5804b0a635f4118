"""Soft targets: a student learns all that a teacher thinks of a picture, not one label.

Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network", sec. 2.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, one_hot, softmax

from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.fit import Loss


def ensemble(stack: Stack, x: Tensor) -> Tensor:
    """Mean logits of the teachers, (N,K): a geometric mean of what they hold likely."""
    with torch.no_grad():
        return stack(x).mean(0)


def divergence(logits: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """KL of the teacher's softened odds to the student's, times T^2; (...,K) gives (...).

    The gradients of softened odds shrink as 1/T^2 (sec. 2), so T^2 keeps the learning rate's
    meaning; as T grows they tend to those of matching centred logits, (z - v) / K (sec. 2.1).
    """
    teacher = softmax(targets / temperature, -1)
    student = log_softmax(logits / temperature, -1)
    return kl_div(student, teacher, reduction="none").sum(-1) * temperature**2


def softened(teacher: Tensor, temperature: float) -> Loss:
    """Loss of a stack against logits `teacher`, (N,K) for all or (R,N,K)."""

    def loss(logits: Tensor, index: Tensor) -> Tensor:
        rows = torch.arange(len(logits), device=teacher.device)[:, None]
        targets = teacher[index] if teacher.ndim == 2 else teacher[rows, index]
        return divergence(logits, targets, temperature).mean(1)

    return loss


def mixed(teacher: Tensor, labels: Tensor, temperatures: Tensor, hard: Tensor) -> Loss:
    """Loss of a stack in which run r has its own `temperatures[r]`, or learns from labels.

    Args:
        teacher: logits, (R,N,K).
        labels: right classes, (R,N).
        temperatures: (R,), above 0.
        hard: bool (R,): these runs see labels only.
    """
    classes = teacher.shape[-1]
    heat = temperatures[:, None, None]
    soft = softmax(teacher / heat, -1)
    goal = torch.where(hard[:, None, None], one_hot(labels, classes).to(soft), soft)
    heat = torch.where(hard[:, None, None], torch.ones_like(heat), heat)

    def loss(logits: Tensor, index: Tensor) -> Tensor:
        rows = torch.arange(len(logits), device=goal.device)[:, None]
        student = log_softmax(logits / heat, -1)
        return (
            kl_div(student, goal[rows, index], reduction="none").sum(-1) * heat[..., 0] ** 2
        ).mean(1)

    return loss


def bias_for(logits: Tensor, labels: Tensor, column: int) -> Tensor:
    """What to add to `column` so that most of the samples are right, (R,) for logits (R,N,K).

    The student that never saw a class also learnt that it is rare; Hinton mends its bias alone
    (sec. 3). The choice is exact: only where the column catches up with the best other logit does
    an answer change, so every bias between two such places is tried.
    """
    others = logits.clone()
    others[..., column] = -torch.inf
    best, winner = others.max(-1)
    need = best - logits[..., column]  # (R,N): the bias from which on this sample is called column
    found = []
    for gaps, wins in zip(need, winner, strict=True):
        order = gaps.argsort()
        gained = torch.where(labels[order] == column, 1, 0).cumsum(0)
        lost = torch.where(wins[order] == labels[order], 1, 0).cumsum(0)
        place = int((gained - lost).argmax())
        above = gaps[order[place + 1]] if place + 1 < len(gaps) else gaps[order[place]] + 1
        found.append((gaps[order[place]] + above) / 2)
    return torch.stack(found)
