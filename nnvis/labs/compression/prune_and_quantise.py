"""Networks with fewer or coarser weights: magnitude pruning and rounding to few bits.

Han, Pool, Tran & Dally 2015, "Learning both Weights and Connections"; Han, Mao & Dally 2016.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.labs.training.batched_mlp import Stack


def keep_largest(stack: Stack, share: float) -> tuple[Tensor, ...]:
    """Which weights stay, bool (R,in,out) a layer: in each network the largest `share` (0..1).

    One threshold for all layers of a network; biases always stay.
    """
    flat = torch.cat([one.detach().abs().flatten(1) for one in stack.weights], dim=1)
    kept = round(share * flat.shape[1])
    mask = torch.zeros_like(flat, dtype=torch.bool)
    mask.scatter_(1, flat.topk(kept, dim=1).indices, True)
    parts = mask.split([one[0].numel() for one in stack.weights], dim=1)
    return tuple(part.view(one.shape) for part, one in zip(parts, stack.weights, strict=True))


def prune(stack: Stack, masks: tuple[Tensor, ...]) -> None:
    """Set the weights that do not stay to zero, in place."""
    with torch.no_grad():
        for weight, mask in zip(stack.weights, masks, strict=True):
            weight.mul_(mask)


def rounded(stack: Stack, bits: int) -> Stack:
    """The networks with weights on 2^bits - 1 even steps around zero, one step size a layer.

    Of 40 step sizes the one that errs least in squares is taken (weights beyond the last step are
    cut): with few bits the largest weight must not stretch the steps for all. At 1 bit a weight is
    its sign times the mean size (Rastegari et al. 2016). Biases keep their precision.
    """
    small = stack.copy()
    with torch.no_grad():
        for weight in small.weights:
            if bits == 1:
                weight.copy_(weight.sign() * weight.abs().mean((1, 2), keepdim=True))
            else:
                weight.copy_(_nearest(weight, 2 ** (bits - 1) - 1))
    return small


def _nearest(weight: Tensor, levels: int) -> Tensor:
    """`weight` (R,in,out) on -levels..levels times each network's best step."""
    widest = weight.abs().amax((1, 2), keepdim=True).clamp_min(1e-12) / levels
    best = torch.full_like(widest, torch.inf)
    found = weight.clone()
    for cut in torch.linspace(1.0, 0.025, 40):
        step = widest * cut
        there = (weight / step).round().clamp(-levels, levels) * step
        error = ((there - weight) ** 2).sum((1, 2), keepdim=True)
        found = torch.where(error < best, there, found)
        best = torch.minimum(error, best)
    return found


def kilobytes(stack: Stack, *, share: float = 1.0, bits: int = 32) -> float:
    """Size of one network: kept weights at `bits` each and biases at 32.

    A pruned network pays besides for where its weights stand: one bit a place, the plain bitmap.
    """
    weights = sum(one[0].numel() for one in stack.weights)
    biases = sum(one[0].numel() for one in stack.biases)
    places = weights if share < 1 else 0
    return (weights * share * bits + biases * 32 + places) / 8 / 1024
