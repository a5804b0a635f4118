"""A stack of R multilayer perceptrons of one shape, each with weights of its own.

A step of small networks is mostly the cost of asking for it, so five seeds in one batched product
take little longer than one. Every network draws from its own generator: what a seed gives does not
depend on which other seeds are trained beside it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import dropout as drop


def maxout(x: Tensor) -> Tensor:
    """The larger of each two neighbours, (...,2U) to (...,U): Goodfellow et al. 2013, k = 2."""
    larger: Tensor = x.unflatten(-1, (-1, 2)).amax(-1)
    return larger


ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "maxout": maxout,
    "residual": torch.relu,  # and what a layer of as many units gets is added to what it gives
}
STARTS = ("torch", "classic", "glorot", "he")


@dataclass(frozen=True)
class Stack:
    """R networks: `weights[l]` is (R,in,out), `biases[l]` is (R,1,out).

    Before maxout, `out` is twice the `in` of the layer that follows.
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    activation: str = "relu"

    @property
    def runs(self) -> int:
        """How many networks there are."""
        return len(self.weights[0])

    @property
    def size(self) -> int:
        """How many weights and biases one network has."""
        return sum(one[0].numel() for one in self.parameters())

    def parameters(self) -> tuple[Tensor, ...]:
        """Weights and biases, layer by layer."""
        return tuple(one for pair in zip(self.weights, self.biases, strict=True) for one in pair)

    def __call__(self, x: Tensor, *, dropout: float = 0.0) -> Tensor:
        """Logits (R,N,K) of `x`, (R,N,D) or (N,D) for all; `dropout` of hidden units."""
        return self.layers(x, dropout=dropout)[-1]

    def layers(self, x: Tensor, *, dropout: float = 0.0) -> list[Tensor]:
        """What each layer gives after its activation, (R,N,units); the last are the logits."""
        act, found = ACTIVATIONS[self.activation], []
        for place, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            shared, before = x.ndim == 2, x
            x = (x @ weight + bias) if shared else torch.baddbmm(bias, x, weight)
            if place + 1 < len(self.weights):
                x = act(x)
                x = drop(x, dropout) if dropout else x
                if place and self.activation == "residual" and before.shape == x.shape:
                    x = before + x
            found.append(x)
        return found

    def like(self, own: Sequence[Tensor]) -> Self:
        """Networks of this shape with the weights and biases `own`, in order of `parameters`."""
        return replace(self, weights=tuple(own[0::2]), biases=tuple(own[1::2]))

    def copy(self) -> Self:
        """The same networks with weights of their own, to be trained further."""
        return self.like([one.detach().clone().requires_grad_() for one in self.parameters()])

    def pick(self, runs: Sequence[int]) -> Self:
        """The networks `runs` (which may repeat), with weights of their own."""
        at = torch.as_tensor(list(runs), device=self.weights[0].device)
        return self.like([one.detach()[at] for one in self.parameters()]).copy()

    def join(self, other: Self) -> Self:
        """The networks of both, in this order."""
        pairs = zip(self.parameters(), other.parameters(), strict=True)
        return self.like([torch.cat([a.detach(), b.detach()]) for a, b in pairs]).copy()


def build(
    widths: Sequence[int],
    seeds: Sequence[int],
    *,
    activation: str = "relu",
    start: str = "torch",
    device: torch.device | str = "cpu",
) -> Stack:
    """One network a seed, `widths` units from input to logits; a maxout unit has two pieces.

    `start` is torch's own rule, or with biases of zero the `classic` uniform 1/sqrt(fan-in) of
    Erhan 2010, `glorot` (Glorot & Bengio 2010, times four before a sigmoid as they advise) or `he`
    (He 2015).
    """
    weights, biases = [], []
    dice = [torch.Generator().manual_seed(seed) for seed in seeds]
    last = len(widths) - 2
    for place, (fan_in, units) in enumerate(itertools.pairwise(widths)):
        fan_out = 2 * units if activation == "maxout" and place < last else units
        bound = 1 / math.sqrt(fan_in)
        if start == "glorot":
            gain = 4.0 if activation == "sigmoid" else 1.0
            bound = gain * math.sqrt(6 / (fan_in + fan_out))
        elif start == "he":
            bound = math.sqrt(6 / fan_in)
        weight = torch.stack([torch.rand(fan_in, fan_out, generator=die) for die in dice])
        bias = torch.stack([torch.rand(1, fan_out, generator=die) for die in dice])
        weights.append((weight * 2 - 1) * bound)
        biases.append((bias * 2 - 1) * bound if start == "torch" else torch.zeros_like(bias))
    return Stack(
        tuple(one.to(device).requires_grad_() for one in weights),
        tuple(one.to(device).requires_grad_() for one in biases),
        activation,
    )
