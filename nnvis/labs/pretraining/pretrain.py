"""Layer by layer without labels: what a deep network starts from (Erhan et al. 2010).

"Why Does Unsupervised Pre-training Help Deep Learning?", JMLR 11. Each layer is taught on what
the layer below makes of the data, and then stays; a stack of restricted Boltzmann machines taught
so is a deep belief network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.pretraining.denoising_autoencoder import autoencoders, denoise
from nnvis.labs.pretraining.rbm import contrast, machines
from nnvis.labs.training.batched_mlp import Stack

KINDS = ("rbm", "denoising")


@dataclass(frozen=True)
class Layer:
    """One layer that was taught without labels."""

    weight: Tensor  # (R,in,out)
    bias: Tensor  # (R,1,out)
    error: Tensor  # (R,) of the last epoch: reconstruction of the machines, or the entropy


def pretrain(
    kind: str, x: Tensor, widths: Sequence[int], seeds: Sequence[int], *, epochs: int = 30
) -> Iterator[Layer]:
    """Teach one layer for each of `widths`, the lowest first, on `x`, (N,D) in 0..1."""
    for number, width in enumerate(widths):
        own = [10 * seed + number for seed in seeds]
        if kind == "rbm":
            rbm = machines(x, width, own)
            error = _last(contrast(rbm, x, own, epochs=epochs), own)
            weight, bias = rbm.weight, rbm.hidden
        else:
            pairs = autoencoders(x.shape[-1], width, own, x.device)
            error = _last(denoise(pairs, x, own, epochs=epochs), own)
            weight, bias = pairs.weights[0].detach(), pairs.biases[0].detach()
        yield Layer(weight, bias, error)
        x = torch.sigmoid(x @ weight + bias)


def begin_from(stack: Stack, layers: Sequence[Layer]) -> None:
    """Give the first layers of `stack` what was taught, in place; the rest stays random."""
    with torch.no_grad():
        for place, layer in enumerate(layers):
            stack.weights[place].copy_(layer.weight)
            stack.biases[place].copy_(layer.bias)


def _last(errors: Iterator[Tensor], runs: Sequence[int]) -> Tensor:
    """Of the last epoch; NaN where there was none."""
    return [torch.full((len(runs),), torch.nan), *errors][-1]
