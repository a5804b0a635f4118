"""A folder of pictures for each class, and how right a person's own network is about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from nnvis.error_analysis.class_logits import class_count, class_logits
from nnvis.errors import UserError
from nnvis.labs.datasets.names import SUFFIXES
from nnvis.labs.training.known_classes import truths
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.picture import read_picture

BATCH = 20


@torch.no_grad()
def measure(
    model: VisionModel, pictures: list[NDArray[np.uint8]], labels: Tensor
) -> tuple[float, float]:
    """Mean cross-entropy, and how many are right in %."""
    logits = torch.cat([class_logits(model, one) for one in batched(model, pictures)])
    loss = cross_entropy(logits, labels)
    return float(loss), 100 * float((logits.argmax(1) == labels).float().mean())


def batched(model: VisionModel, pictures: list[NDArray[np.uint8]]) -> list[Tensor]:
    """Of about the same size each, so that none is too small for statistics."""
    count = max(len(pictures) // BATCH, 1)
    return [
        torch.cat([model.tensor(pictures[place]) for place in part.tolist()])
        for part in np.array_split(np.arange(len(pictures)), count)
    ]


def read_labelled(
    model: VisionModel, folder: Path, most: int
) -> Steps[tuple[list[NDArray[np.uint8]], Tensor]]:
    """The first pictures of each class, as many of one as of the other, and their labels."""
    if not folder.is_dir():
        raise UserError(f"there is no folder {str(folder)!r}; name one with a folder a class")
    kinds = sorted(one for one in folder.iterdir() if one.is_dir())
    files = {
        one: found
        for one in kinds
        if (found := sorted(p for p in one.iterdir() if p.suffix.lower() in SUFFIXES))
    }
    if not files:
        raise UserError(f"{folder} has no folders with pictures; put each class into one")
    numbers = _numbers(model, folder, [one.name for one in files])
    each = max(most // len(files), 1)
    chosen = [
        (path, number)
        for (_, paths), number in zip(files.items(), numbers, strict=True)
        for path in paths[:each]
    ]
    # In an order of chance: batch norm is to see all classes in every batch.
    order = torch.randperm(len(chosen), generator=torch.Generator().manual_seed(0)).tolist()
    fed = []
    for done, place in enumerate(order):
        if done % 20 == 0:
            yield Progress(done, len(order), f"opening pictures in {folder.name}")
        path = chosen[place][0]
        fed.append(model.prepare(read_picture(path))[0])
    return fed, torch.tensor([chosen[place][1] for place in order], device=model.device)


def _numbers(model: VisionModel, folder: Path, names: list[str]) -> list[int]:
    """Which class each is: by its name, else by its place where there are as many."""
    count = class_count(model, sure=True)
    if known := truths(model, names):
        return [known[one] for one in names]
    if len(names) == count:
        return list(range(count))
    raise UserError(
        f"{folder} has {len(names)} classes and the network {count}; "
        "name the folders as the network names its classes"
    )
