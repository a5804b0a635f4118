"""Samples with labels, some to learn from and some to be tested on."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor


@dataclass(frozen=True)
class Data:
    """Samples in rows of D = C*H*W values in 0..1."""

    name: str
    train: Tensor  # (N,D) float32
    labels: Tensor  # (N,) int64
    test: Tensor  # (M,D)
    test_labels: Tensor  # (M,)
    shape: tuple[int, int, int]  # C, H, W
    classes: tuple[str, ...]
    kind: str = "pictures"  # or "words", "frames": what one sample is called, in the plural

    @property
    def are_pictures(self) -> bool:
        """Whether neighbouring values are neighbours in space."""
        return self.kind == "pictures"

    def first(self, count: int) -> Data:
        """With only the first `count` samples to train on; they come in an order of chance."""
        return replace(self, train=self.train[:count], labels=self.labels[:count])

    def to(self, device: torch.device | str) -> Data:
        """The same on `device`."""
        return replace(
            self,
            train=self.train.to(device),
            labels=self.labels.to(device),
            test=self.test.to(device),
            test_labels=self.test_labels.to(device),
        )


def parted(
    name: str,
    x: Tensor,
    labels: Tensor,
    shape: tuple[int, int, int],
    classes: tuple[str, ...],
    kind: str = "pictures",
) -> Data:
    """A quarter of each class is for testing, in an order that is always the same."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    x, labels = x[order], labels[order]
    test = torch.zeros(len(x), dtype=torch.bool)
    for number in range(len(classes)):
        own = (labels == number).nonzero().flatten()
        test[own[: len(own) // 4]] = True
    return Data(name, x[~test], labels[~test], x[test], labels[test], shape, classes, kind)


def package_file(package: str, path: str) -> Path | None:
    """A file that an installed package brings, which is not imported for it; None without it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return None
    file = Path(found.origin).parent / path
    return file if file.is_file() else None
