"""The regulariser of flat minimum search: weights that need not be given exactly.

Hochreiter & Schmidhuber 1997, "Flat minima", Neural Computation 9(1), sec. 4: with o^k the outputs
and L the number of weights, for each sample

    B = 1/2 ( -L log eps + sum_ij log sum_k (do^k/dw_ij)^2
              + L log sum_k ( sum_ij |do^k/dw_ij| / sqrt(sum_k (do^k/dw_ij)^2) )^2 ),

and E = E_q + lambda B. The first sum says how exactly each weight must be given, the second that
changes of all weights at once do not add up. Outputs are linear here, as before a softmax, and eps,
which moves no weight, is 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.labs.training.batched_mlp import Stack

# Added to squares before a logarithm: weights that no output hears any more are left alone, where
# the logarithm alone would go on to minus infinity. The authors raise tiny derivatives (sec. 5.6).
FLOOR = 1e-4


def precision(stack: Stack, x: Tensor, *, floor: float = FLOOR) -> Tensor:
    """B of each network divided by its number of weights, mean over `x` (R,B,D), (R,).

    In a perceptron do^k/dw_ij is what the unit j lets through to output k, times what enters from
    i: so the square sums over k part into two factors, and no table of all derivatives is made.
    Gradients flow through it.
    """
    inputs, slopes = _pass(stack, x)
    outputs = stack.weights[-1].shape[-1]
    heard = _back(stack, slopes, outputs)
    size = stack.size
    first = torch.zeros(stack.runs, x.shape[-2], device=x.device, dtype=x.dtype)
    sums = torch.zeros(stack.runs, x.shape[-2], outputs, device=x.device, dtype=x.dtype)
    for entering, through in zip(inputs, heard, strict=True):
        square = through.square().sum(2) + floor  # (R,B,units)
        fan_in, units = entering.shape[-1], square.shape[-1]
        loud = (entering.square() + floor).log().sum(-1)
        # A bias is a weight from an input of one.
        first = first + units * loud + (fan_in + 1) * square.log().sum(-1)
        sums = sums + (fan_in + 1) * (through.abs() / square.sqrt()[:, :, None]).sum(-1)
    second = size * sums.square().sum(-1).log()
    return (first + second).mean(-1) / (2 * size)


def _pass(stack: Stack, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """What enters each layer (R,B,fan_in), and the slope of each hidden unit there (R,B,units)."""
    entering = x if x.ndim == 3 else x.expand(stack.runs, *x.shape)
    inputs, slopes = [entering], []
    for value in stack.layers(x)[:-1]:
        inputs.append(value)
        slopes.append(_slope(stack.activation, value))
    return inputs, slopes


def _slope(activation: str, value: Tensor) -> Tensor:
    """The derivative of an activation where it gives `value`."""
    if activation == "tanh":
        return 1 - value.square()
    if activation == "sigmoid":
        return value * (1 - value)
    return (value > 0).to(value.dtype)


def _back(stack: Stack, slopes: list[Tensor], outputs: int) -> list[Tensor]:
    """How outputs hear units: d output k / d input of unit j, (R,B,outputs,units), by layer."""
    runs, batch = slopes[0].shape[:2]
    through = torch.eye(outputs, device=slopes[0].device, dtype=slopes[0].dtype)
    heard = [through.expand(runs, batch, outputs, outputs)]
    for weight, slope in zip(reversed(stack.weights[1:]), reversed(slopes), strict=True):
        back = heard[0].flatten(1, 2) @ weight.transpose(1, 2)
        heard.insert(0, back.unflatten(1, (batch, outputs)) * slope[:, :, None])
    return heard
