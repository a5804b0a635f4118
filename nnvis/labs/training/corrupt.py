"""What is taken from a data set step by step: right labels, then all sense of the pictures.

Zhang, Bengio, Hardt, Recht & Vinyals 2017, "Understanding deep learning requires rethinking
generalization", sec. 2: every randomisation keeps how many pictures there are and how they are
labelled in number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Spoiled:
    """The data of R networks; test pictures went the same way, their labels stay right."""

    train: Tensor  # (N,D) or (R,N,D)
    labels: Tensor  # (R,N)
    test: Tensor  # (M,D) or (R,M,D)


def spoil(
    train: Tensor,
    labels: Tensor,
    test: Tensor,
    seeds: Sequence[int],
    *,
    share: float = 0.0,
    pixels: str = "kept",
) -> Spoiled:
    """Give `share` (0..1) of the pictures a label drawn by chance, and spoil `pixels`.

    A drawn label may be the right one, as in the paper. "shuffled" moves the pixels of all
    pictures alike, "random" those of each picture differently, "noise" draws each pixel from a
    normal distribution with the data's mean and deviation.
    """
    device = train.device  # chance comes from the processor, so that all devices get the same
    train, labels, test = train.cpu(), labels.cpu(), test.cpu()
    classes, count = int(labels.max()) + 1, len(labels)
    rows, pictures, tests = [], [], []
    for seed in seeds:
        die = torch.Generator().manual_seed(1000 + seed)
        chosen = torch.randperm(count, generator=die)[: round(share * count)]
        row = labels.clone()
        row[chosen] = torch.randint(0, classes, (len(chosen),), generator=die)
        rows.append(row)
        if pixels == "shuffled":
            order = torch.randperm(train.shape[1], generator=die)
            pictures.append(train[:, order])
            tests.append(test[:, order])
        elif pixels == "random":
            pictures.append(train.gather(1, torch.rand(train.shape, generator=die).argsort(1)))
            tests.append(test.gather(1, torch.rand(test.shape, generator=die).argsort(1)))
        elif pixels == "noise":
            mean, spread = train.mean(), train.std()
            pictures.append(torch.randn(train.shape, generator=die) * spread + mean)
            tests.append(torch.randn(test.shape, generator=die) * spread + mean)
    if pixels == "kept":
        return Spoiled(train.to(device), torch.stack(rows).to(device), test.to(device))
    return Spoiled(
        torch.stack(pictures).to(device),
        torch.stack(rows).to(device),
        torch.stack(tests).to(device),
    )


def moved(shape: tuple[int, int, int], reach: float, seed: int) -> Callable[[Tensor], Tensor]:
    """Augmentation: each picture of a batch (R,B,D) slides by up to `reach` pixels both ways.

    `shape` is (channels, height, width) of a picture; parts of a pixel are mixed linearly, and
    what slides in is the edge, repeated.
    """
    die = torch.Generator().manual_seed(seed)
    _, height, width = shape

    def along(length: int, steps: Tensor, device: torch.device) -> Tensor:
        """What each place of a line is mixed of, (N,length,length)."""
        at = torch.arange(length, dtype=torch.float32)
        positions = (at + steps[:, None]).clamp(0, length - 1)
        return (1 - (positions[:, :, None] - at).abs()).clamp_min(0).to(device)

    def change(batch: Tensor) -> Tensor:
        pictures = batch.reshape(-1, *shape)
        steps = (torch.rand(2, len(pictures), generator=die) * 2 - 1) * reach
        down = along(height, steps[0], batch.device)
        across = along(width, steps[1], batch.device)
        slid = torch.einsum("nij,ncjk,nlk->ncil", down, pictures, across)
        return slid.reshape(batch.shape)

    return change
