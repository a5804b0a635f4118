"""What a library gives: a network on the CPU and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from nnvis.models.preprocess import Preprocess
from nnvis.models.vision import IMAGENET_MEAN, IMAGENET_STD, Reference


@dataclass(frozen=True, slots=True, eq=False)
class LibraryNetwork:
    """The module takes normalised (N,C,H,W)."""

    module: nn.Module
    name: str
    preprocess: Preprocess | None = None
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    labels: tuple[str, ...] | None = None
    channels: int | None = None
    reference: Reference | None = None


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Let modules that are built inside draw their weights from `seed`; nobody else notices."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
