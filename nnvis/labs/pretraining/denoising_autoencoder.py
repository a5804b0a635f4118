"""A stack of R autoencoders that mend pictures with missing pixels.

Vincent, Larochelle, Bengio & Manzagol 2008, "Extracting and composing robust features with
denoising autoencoders": masking noise, cross-entropy, sigmoid both ways; the ways in and out have
weights of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.fit import batches, gather
from nnvis.labs.training.stepping import Adam


def autoencoders(
    visible: int, hidden: int, seeds: Sequence[int], device: torch.device | str = "cpu"
) -> Stack:
    """One autoencoder a seed, `visible` units to `hidden` and back."""
    return build((visible, hidden, visible), seeds, activation="sigmoid", device=device)


def denoise(
    stack: Stack,
    x: Tensor,
    seeds: Sequence[int],
    *,
    epochs: int = 30,
    batch: int = 32,
    rate: float = 1e-2,
    missing: float = 0.25,
) -> Iterator[Tensor]:
    """Teach autoencoders in place on `x`, (N,V) or (R,N,V) in 0..1, `missing` a share of pixels.

    Yields the cross-entropy a pixel, (R,), of each epoch.
    """
    dice = [torch.Generator().manual_seed(49979687 + seed) for seed in seeds]
    optimiser = Adam(stack.parameters(), rate, fused=True)
    for _ in range(epochs):
        total, count = torch.zeros(len(seeds), device=x.device), 0
        for index in batches(x.shape[-2], batch, dice):
            data = gather(x, index.to(x.device))
            draws = [torch.rand(data.shape[1:], generator=die) for die in dice]
            hurt = data * (torch.stack(draws).to(x.device) >= missing)
            loss = binary_cross_entropy_with_logits(stack(hurt), data, reduction="none").mean(-1)
            optimiser.clear()
            loss.mean(1).sum().backward()
            optimiser.step()
            total += loss.detach().sum(1)
            count += data.shape[1]
        yield total / count
