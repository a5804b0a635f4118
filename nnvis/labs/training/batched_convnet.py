"""A stack of R residual convolutional networks of one shape, each with weights of its own.

He et al. 2016, "Identity mappings in deep residual networks", without batch normalisation: its
statistics belong to the weights that they were measured with, and none fit those in between. All
networks are one convolution in R groups; what a seed gives depends on no other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv2d
from torch.nn.functional import dropout as drop

from nnvis.labs.training.batched_mlp import Stack

LARGEST = 8  # side of the maps that the blocks work on
CHANNELS, BLOCKS = 8, 3


@dataclass(frozen=True)
class ConvStack(Stack):
    """R networks of pictures in rows: a convolution, residual blocks of two, logits.

    `weights[l]` of a convolution is (R,out,in*k*k), of the last layer (R,in,out).
    """

    shape: tuple[int, int, int] = (1, 8, 8)  # C, H, W

    def layers(self, x: Tensor, *, dropout: float = 0.0) -> list[Tensor]:
        """The maps after each block, (R,N,C*H*W), and the logits (R,N,K)."""
        many = x.expand(self.runs, *x.shape) if x.ndim == 2 else x
        maps = many.unflatten(-1, self.shape).transpose(0, 1).flatten(1, 2)  # (N,R*C,H,W)
        maps = self._convolve(0, maps, stride_of(self.shape))
        found = []
        for place in range(1, len(self.weights) - 1, 2):
            inner = torch.relu(self._convolve(place, torch.relu(maps)))
            maps = maps + self._convolve(place + 1, inner)
            found.append(maps.unflatten(1, (self.runs, -1)).transpose(0, 1).flatten(2))
        last = torch.relu(found[-1])
        last = drop(last, dropout) if dropout else last
        return [*found, torch.baddbmm(self.biases[-1], last, self.weights[-1])]

    def _convolve(self, place: int, maps: Tensor, stride: int = 1) -> Tensor:
        weight, inside = self.weights[place], maps.shape[1] // self.runs
        side = math.isqrt(weight.shape[2] // inside)
        kernels = weight.unflatten(2, (inside, side, side)).flatten(0, 1)
        bias = self.biases[place].flatten()
        return conv2d(maps, kernels, bias, stride, side // 2, groups=self.runs)


def stride_of(shape: tuple[int, int, int]) -> int:
    """Of the first convolution, after which the maps are no larger than `LARGEST`."""
    return -(-max(shape[1:]) // LARGEST)


def build_convolutional(
    shape: tuple[int, int, int],
    classes: int,
    seeds: Sequence[int],
    *,
    device: torch.device | str = "cpu",
) -> ConvStack:
    """One network a seed, started by torch's own rule: uniform up to 1/sqrt(fan-in)."""
    first = ((stride_of(shape) | 1) + 2) ** 2 * shape[0]  # odd, and wider than the stride
    places = math.prod(-(-side // stride_of(shape)) for side in shape[1:])
    fans = [(CHANNELS, first), *[(CHANNELS, 9 * CHANNELS)] * (2 * BLOCKS)]
    fans.append((CHANNELS * places, classes))
    dice = [torch.Generator().manual_seed(seed) for seed in seeds]
    own = []
    for place, size in enumerate(fans):
        last = place == len(fans) - 1
        bound = 1 / math.sqrt(size[0] if last else size[1])
        for wanted in (size, (1, classes if last else CHANNELS)):
            drawn = torch.stack([torch.rand(*wanted, generator=die) for die in dice])
            own.append(((drawn * 2 - 1) * bound).to(device).requires_grad_())
    return ConvStack(tuple(own[0::2]), tuple(own[1::2]), "residual", shape)
