"""The pictures that the labs train on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import platformdirs
import torch
from PIL import Image
from torch import Tensor

from nnvis.errors import UserError
from nnvis.progress import Progress, Steps
from nnvis.sources.picture import read_picture

SIDE = 16  # pixels of a picture from a folder
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif")
LOADED = {"mnist": "MNIST", "fashion": "FashionMNIST", "cifar10": "CIFAR10"}
NAMES = ("digits", *LOADED)


@dataclass(frozen=True)
class Data:
    """Pictures in rows of D = C*H*W values in 0..1."""

    name: str
    train: Tensor  # (N,D) float32
    labels: Tensor  # (N,) int64
    test: Tensor  # (M,D)
    test_labels: Tensor  # (M,)
    shape: tuple[int, int, int]  # C, H, W
    classes: tuple[str, ...]

    def first(self, count: int) -> Data:
        """With only the first `count` pictures to train on; they come in an order of chance."""
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


def load(spec: str, limit: int = 10_000) -> Steps[Data]:
    """Return `digits`, `mnist`, `fashion`, `cifar10`, or a folder with one folder a class.

    A quarter (digits, folders) or the set's own part is kept for testing; of large sets `limit`
    pictures are taken to train on and half as many to test on, in an order that is always the same.

    Raises:
        UserError: there is no such data, or it cannot be used.
    """
    if spec == "digits":
        yield Progress(0, 0, "opening the digits")
        from sklearn.datasets import load_digits

        digits = load_digits()
        x = torch.tensor(digits.data, dtype=torch.float32) / 16
        names = tuple(str(number) for number in range(10))
        return _parted("digits", x, torch.tensor(digits.target), (1, 8, 8), names)
    if spec in LOADED:
        return (yield from _downloaded(spec, limit))
    return (yield from _folder(Path(spec).expanduser()))


def _downloaded(spec: str, limit: int) -> Steps[Data]:
    import torchvision.datasets

    kind = getattr(torchvision.datasets, LOADED[spec])
    root = Path(platformdirs.user_cache_dir("nnvis")) / "data"
    parts = []
    for number, train in enumerate((True, False)):
        yield Progress(number, 2, f"opening {LOADED[spec]}, which is downloaded the first time")
        try:
            found = kind(root, train=train, download=True)
        except (OSError, RuntimeError) as error:
            reason = str(error).splitlines()[0].rstrip(": ") if str(error) else type(error).__name__
            raise UserError(
                f"{LOADED[spec]} cannot be downloaded ({reason}); use --data digits, "
                f"or put the files into {root}"
            ) from None
        pictures = torch.as_tensor(np.asarray(found.data))
        pictures = pictures[..., None] if pictures.ndim == 3 else pictures
        labels = torch.as_tensor(np.asarray(found.targets)).long()
        die = torch.Generator().manual_seed(0)
        taken = torch.randperm(len(labels), generator=die)[: limit if train else limit // 2]
        parts.append((pictures[taken].movedim(-1, 1).float() / 255, labels[taken]))
    (x, y), (test, test_labels) = parts
    shape = (int(x.shape[1]), int(x.shape[2]), int(x.shape[3]))
    names = tuple(str(name) for name in found.classes)
    return Data(spec, x.flatten(1), y, test.flatten(1), test_labels, shape, names)


def _folder(folder: Path) -> Steps[Data]:
    if not folder.is_dir():
        raise UserError(
            f"there is no data {str(folder)!r}; use {', '.join(NAMES)}, "
            "or a folder with one folder of pictures a class"
        )
    kinds = sorted(one for one in folder.iterdir() if one.is_dir() and _pictures(one))
    if len(kinds) < 2:
        raise UserError(
            f"{folder} has {len(kinds)} folders with pictures; put each class into one of its own"
        )
    files = [(path, number) for number, kind in enumerate(kinds) for path in _pictures(kind)]
    rows = []
    for done, (path, _) in enumerate(files):
        if done % 50 == 0:
            yield Progress(done, len(files), f"opening pictures in {folder.name}")
        image = Image.fromarray(read_picture(path)).convert("L")
        grey = image.resize((SIDE, SIDE), Image.Resampling.BOX)
        rows.append(torch.tensor(np.asarray(grey, np.float32) / 255).flatten())
    if min(len(_pictures(kind)) for kind in kinds) < 8:
        raise UserError(f"a class in {folder} has fewer than 8 pictures; add some to each class")
    labels = torch.tensor([number for _, number in files])
    names = tuple(kind.name for kind in kinds)
    return _parted(folder.name, torch.stack(rows), labels, (1, SIDE, SIDE), names)


def _pictures(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.suffix.lower() in SUFFIXES)


def _parted(
    name: str, x: Tensor, labels: Tensor, shape: tuple[int, int, int], classes: tuple[str, ...]
) -> Data:
    """A quarter of each class is for testing."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    x, labels = x[order], labels[order]
    test = torch.zeros(len(x), dtype=torch.bool)
    for number in range(len(classes)):
        own = (labels == number).nonzero().flatten()
        test[own[: len(own) // 4]] = True
    return Data(name, x[~test], labels[~test], x[test], labels[test], shape, classes)
