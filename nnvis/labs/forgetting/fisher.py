"""The diagonal of the Fisher information of a stack of networks, exactly and in closed form.

Kirkpatrick et al. 2017, "Overcoming catastrophic forgetting". The labels are the network's own
odds, as the Fisher information wants them: with the right labels (the "empirical" Fisher) a network
that is sure of every answer would find no weight worth keeping.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.labs.training.batched_mlp import ACTIVATIONS, Stack


def fisher(stack: Stack, x: Tensor) -> tuple[Tensor, ...]:
    """Mean over `x`, (N,D) or (R,N,D), of E_y[(d log p(y|x) / d w)^2]; like `parameters()`.

    The gradient of one sample by a weight is the product of what enters the weight and the
    gradient at what leaves it, so its square is the product of the squares, and the mean over
    samples one matrix product. One way back a class instead of one a sample and class.
    """
    fixed = Stack(
        tuple(one.detach() for one in stack.weights),
        tuple(one.detach() for one in stack.biases),
        stack.activation,
    )
    inputs, sums = _with_sums(fixed, x)
    log_odds = torch.log_softmax(sums[-1], -1)
    odds = log_odds.detach().exp()
    weights = [torch.zeros_like(one) for one in fixed.weights]
    biases = [torch.zeros_like(one) for one in fixed.biases]
    count, classes = x.shape[-2], log_odds.shape[-1]
    for label in range(classes):
        slopes = torch.autograd.grad(
            log_odds[..., label].sum(), sums, retain_graph=label + 1 < classes
        )
        for layer, slope in enumerate(slopes):
            squared = slope**2 * odds[..., label, None]
            entered = inputs[layer].detach() ** 2
            weights[layer] += entered.transpose(-1, -2) @ squared / count
            biases[layer] += squared.sum(-2, keepdim=True) / count
    return tuple(one for pair in zip(weights, biases, strict=True) for one in pair)


def _with_sums(stack: Stack, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """What enters each layer and what it adds up to before its activation."""
    act, inputs, sums = ACTIVATIONS[stack.activation], [], []
    for place, (weight, bias) in enumerate(zip(stack.weights, stack.biases, strict=True)):
        inputs.append(x)
        total = x @ weight + bias
        if place == 0:
            total.requires_grad_()
        sums.append(total)
        x = act(total)
    return inputs, sums
