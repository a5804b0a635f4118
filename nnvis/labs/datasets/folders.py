"""Pictures of a person's own: a folder with one folder a class."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nnvis.errors import UserError
from nnvis.labs.datasets.data import Data, parted
from nnvis.labs.datasets.names import CHOICES, SUFFIXES
from nnvis.progress import Progress, Steps
from nnvis.sources.picture import read_picture

LARGEST = 64  # pixels of the longer side: perceptrons of larger ones take hours to train
LEAST = 8  # pictures of a class


def folder(place: Path) -> Steps[Data]:
    """Return the pictures in the commonest size of them, colours kept where there are any.

    Larger ones than 64 pixels are made smaller together, others of another size drawn to it.

    Raises:
        UserError: there are no classes, or one has too few pictures, or a picture is none.
    """
    if not place.is_dir():
        raise UserError(
            f"there is no data {str(place)!r}; use {', '.join(CHOICES)}, "
            "or a folder with one folder of pictures a class"
        )
    kinds = sorted(one for one in place.iterdir() if one.is_dir() and pictures_in(one))
    if len(kinds) < 2:
        raise UserError(
            f"{place} has {len(kinds)} folders with pictures; put each class into one of its own"
        )
    files = [(path, number) for number, kind in enumerate(kinds) for path in pictures_in(kind)]
    opened = []
    for done, (path, _) in enumerate(files):
        if done % 50 == 0:
            yield Progress(done, len(files), f"opening pictures in {place.name}")
        opened.append(_small(path))
    if min(len(pictures_in(kind)) for kind in kinds) < LEAST:
        raise UserError(f"a class in {place} has fewer than {LEAST} pictures; add some to each")
    width, height = Counter(one.size for one in opened).most_common(1)[0][0]
    rows = np.stack(
        [
            np.asarray(
                one if one.size == (width, height)
                else one.resize((width, height), Image.Resampling.BOX)
            )
            for one in opened
        ]
    )  # fmt: skip
    grey = bool((rows == rows[..., :1]).all())
    x = torch.tensor(rows[..., :1] if grey else rows).movedim(-1, 1).float().flatten(1) / 255
    labels = torch.tensor([number for _, number in files])
    names = tuple(kind.name for kind in kinds)
    return parted(place.name, x, labels, (1 if grey else 3, height, width), names)


def pictures_in(place: Path) -> list[Path]:
    """The picture files in a folder, in order."""
    return sorted(one for one in place.iterdir() if one.suffix.lower() in SUFFIXES)


def _small(path: Path) -> Image.Image:
    rgb = Image.fromarray(read_picture(path)).convert("RGB")
    scale = LARGEST / max(rgb.size)
    if scale >= 1:
        return rgb
    size = (max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale)))
    return rgb.resize(size, Image.Resampling.BOX)
