"""Pictures of two objects, and pieces of photographs that are asked about before and after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.errors import UserError
from nnvis.labs.datasets.names import SUFFIXES
from nnvis.labs.training.known_classes import truths
from nnvis.labs.two_objects.lab import LEAST, MOST
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.picture import read_picture
from nnvis.sources.sample import read_sample

# No photograph is in both: what EWC's springs were measured on is not what is asked about.
# (The two motorcycles are one scene for two eyes, and stay together.)
ASKED = ("chelsea", "coffee", "astronaut", "rocket", "coins", "moon", "horse", "page")
MEASURED = ("motorcycle_left", "motorcycle_right", "camera", "brick", "grass", "retina")
SMALLEST = 0.35  # side of a piece, as a share of the photograph's shorter side


@dataclass(frozen=True)
class Objects:
    """Both objects' pictures as the network takes them."""

    names: tuple[str, str]
    train: Tensor  # (N,C,H,W) in 0..1
    labels: Tensor  # (N,) 0 or 1
    test: Tensor  # (M,C,H,W): the last quarter of each, so that neighbours in time are not parted
    test_labels: Tensor


def read_objects(model: VisionModel, folders: tuple[Path, Path]) -> Steps[Objects]:
    """Read one folder an object; pictures of the network's own input size are taken as they are.

    Raises:
        UserError: there are too few pictures, one cannot be read, or both folders hold the same.
    """
    names = _names(folders)
    found = []
    for folder in folders:
        files = _files(folder)
        if len(files) < LEAST:
            raise UserError(
                f"{folder} has {len(files)} pictures; take at least {LEAST} of each object"
            )
        chosen = np.linspace(0, len(files) - 1, min(MOST, len(files))).round().astype(int)
        rows = []
        for done, place in enumerate(chosen):
            if done % 10 == 0:
                yield Progress(done, len(chosen), f"opening pictures of {folder.name}")
            rows.append(_fed(model, _picture(files[place])))
        found.append(rows)
    if _same(found[0], found[1]):
        raise UserError(
            f"{names[0]} and {names[1]} are the same pictures; show a different object for each"
        )
    parts = [(rows[: -(-3 * len(rows) // 4)], rows[-(-3 * len(rows) // 4) :]) for rows in found]
    ways = [_together(model, [part[side] for part in parts]) for side in (0, 1)]
    return Objects(names, *ways[0], *ways[1])


def pieces(
    model: VisionModel, pictures: list[NDArray[np.uint8]], each: int, seed: int
) -> tuple[Tensor, list[NDArray[np.uint8]]]:
    """Cut `each` squares of chance out of every picture, some mirrored.

    Returns:
        (N,C,H,W) as the network takes them, and (h,w,3) what it is fed, to look at.
    """
    die = np.random.default_rng(seed)
    shown = []
    for picture in pictures:
        height, width = picture.shape[:2]
        for _ in range(each):
            side = max(int(min(height, width) * die.uniform(SMALLEST, 1)), 1)
            top, left = die.integers(0, height - side + 1), die.integers(0, width - side + 1)
            part = picture[top : top + side, left : left + side]
            part = part[:, ::-1] if die.random() < 0.5 else part
            shown.append(model.prepare(np.ascontiguousarray(part))[0])
    return torch.cat([model.tensor(one) for one in shown]), shown


def photographs(names: tuple[str, ...]) -> list[NDArray[np.uint8]]:
    """Those of scikit-image."""
    return [read_sample(name) for name in names]


def own_photographs(folder: Path, most: int) -> list[NDArray[np.uint8]]:
    """Pictures of a person's folder, spread over all that are in it or one level below.

    Raises:
        UserError: there are none, or one cannot be read.
    """
    files = _spread(folder, most)
    if not files:
        raise UserError(f"{folder} has no pictures; name a folder of photographs to ask about")
    return [_picture(path) for path in files]


def labelled_photographs(
    model: VisionModel, folder: Path, most: int
) -> list[tuple[NDArray[np.uint8], int]]:
    """Those of `own_photographs` and their classes; none where their folders are no classes."""
    files = _spread(folder, most) if folder.is_dir() else []
    known = truths(model, [path.parent.name for path in files if path.parent != folder])
    inside = [path for path in files if path.parent != folder]
    return [(_picture(path), known[path.parent.name]) for path in inside] if known else []


def _spread(folder: Path, most: int) -> list[Path]:
    places = [folder, *sorted(one for one in folder.iterdir() if one.is_dir())]
    files = [path for place in places for path in _files(place)]
    if not files:
        return []
    chosen = np.linspace(0, len(files) - 1, min(most, len(files))).round().astype(int)
    return [files[place] for place in chosen]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"there is no folder {str(folder)!r}; name one with pictures")
    return sorted(one for one in folder.iterdir() if one.suffix.lower() in SUFFIXES)


def _names(folders: tuple[Path, Path]) -> tuple[str, str]:
    first, second = (one.resolve() for one in folders)
    if first == second:
        raise UserError(f"{folders[0]} was given twice; give a folder for each of two objects")
    if first.name == second.name:
        return f"{first.parent.name}/{first.name}", f"{second.parent.name}/{second.name}"
    return first.name, second.name


def _picture(path: Path) -> NDArray[np.uint8]:
    return read_picture(path)


def _fed(model: VisionModel, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture if picture.shape[:2] == model.input_size else model.prepare(picture)[0]


def _same(first: list[NDArray[np.uint8]], second: list[NDArray[np.uint8]]) -> bool:
    """Whether every picture of one is among those of the other."""
    known = {one.tobytes() for one in first}, {one.tobytes() for one in second}
    return known[0] <= known[1] or known[1] <= known[0]


def _together(model: VisionModel, rows: list[list[NDArray[np.uint8]]]) -> tuple[Tensor, Tensor]:
    x = torch.cat([model.tensor(one) for part in rows for one in part])
    labels = [number for number, part in enumerate(rows) for _ in part]
    return x, torch.tensor(labels, device=model.device)
