"""How alike the pictures are that lie furthest along a direction."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from nnvis.language import translatable

# What a row of pictures is the top of, for whoever guesses.
ANSWERS = {"unit": translatable("a unit"), "random": translatable("a random direction")}


def drawn(count: int, units: int, die: torch.Generator) -> Tensor:
    """Random directions (units,count) of length 1, each as likely as any other."""
    return normalize(torch.randn(units, count, generator=die), dim=0)


def furthest(features: Tensor, directions: Tensor, top: int) -> Tensor:
    """The samples (Q,top) of `features` (N,H) that lie furthest along `directions` (H,Q)."""
    return (features @ directions).topk(top, 0).indices.T


def likeness(pictures: Tensor, chosen: Tensor) -> Tensor:
    """Mean cosine between each two of the `chosen` (Q,T) of centred `pictures` (N,D), (Q,)."""
    unit = normalize(pictures - pictures.mean(0), dim=1)[chosen]
    count = chosen.shape[1]
    # The sum over all pairs is the squared length of the sum; T of the pairs are of one with itself
    return (unit.sum(1).square().sum(1) - unit.square().sum((1, 2))) / (count * (count - 1))


def purity(labels: Tensor, chosen: Tensor) -> Tensor:
    """The share (0..1) of the commonest class among the `chosen` (Q,T), (Q,)."""
    return one_hot(labels[chosen]).float().mean(1).amax(1)
