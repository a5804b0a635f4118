"""Weights between weights: sums of stacks, and the loss of what they give."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.fit import labelled


def blend(stacks: Sequence[Stack], shares: Tensor) -> Stack:
    """The networks whose weights are sum_k shares[r,k] * stacks[k]; `shares` is (R,K).

    Gradients flow through it to every stack that wants one.
    """
    parts = zip(*(one.parameters() for one in stacks), strict=True)
    own = [
        sum(share[:, None, None] * one for share, one in zip(shares.T, same, strict=True))
        for same in parts
    ]
    return stacks[0].like(own)


def losses(stack: Stack, x: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of each network, (R,), NaN or infinite where its weights are."""
    with torch.no_grad():
        everything = torch.arange(len(x), device=x.device).expand(stack.runs, -1)
        return labelled(labels)(stack(x), everything)


def flat(stack: Stack) -> Tensor:
    """All weights and biases of each network in a row, (R,P)."""
    return torch.cat([one.detach().flatten(1) for one in stack.parameters()], 1)


def shaped(rows: Tensor, like: Stack) -> Stack:
    """The stack whose `flat` is `rows`, (R,P)."""
    sizes = [one[0].numel() for one in like.parameters()]
    own = [
        part.reshape(len(rows), *one.shape[1:])
        for part, one in zip(rows.split(sizes, 1), like.parameters(), strict=True)
    ]
    return like.like(own)


def rise(values: Sequence[float]) -> float:
    """How far a curve ever rises above the lowest that it has been, as a share of its first value.

    0 for a curve that only falls; infinite for one that rises from 0.
    """
    lowest, highest = values[0], 0.0
    for value in values:
        lowest = min(lowest, value)
        highest = max(highest, value - lowest)
        if value != value:
            return float("nan")
    if values[0] == 0:
        return math.inf if highest else 0.0
    return highest / values[0]


def barrier(values: Sequence[float]) -> float:
    """How far a curve over evenly spaced places rises above the straight line between its ends.

    Of the loss; never below 0. The "error barrier height" of Frankle et al. 2020 is measured from
    the mean of both ends, where a mere slope has half of its height.
    """
    last = len(values) - 1
    above = [
        value - (values[0] * (last - place) + values[last] * place) / last
        for place, value in enumerate(values)
    ]
    return float("nan") if any(one != one for one in above) else max(above)
