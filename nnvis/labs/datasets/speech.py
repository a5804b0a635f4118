"""Real speech, frame by frame: nine men say two vowels, and each frame is to name the man.

Japanese Vowels (Kudo, Toyama & Shimbo 1999, CC BY 4.0): twelve cepstrum coefficients a frame. Both
files come with the package aeon (BSD-3), which is not imported: what it needs does not go together
with what nnvis needs, so it is installed alone, and only its files are read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.errors import UserError, Worded
from nnvis.labs.datasets.data import Data, package_file
from nnvis.progress import Progress, Steps

FOLDER = "datasets/data/JapaneseVowels"
BESIDE = 1  # frames on each side that are seen with a frame


def speech() -> Steps[Data]:
    """Return the frames of 270 utterances to learn from, and of 370 others to be tested on.

    Raises:
        UserError: the files are not here.
    """
    yield Progress(0, 0, "opening speech")
    files = [package_file("aeon", f"{FOLDER}/JapaneseVowels_{part}.ts") for part in
             ("TRAIN", "TEST")]  # fmt: skip
    if files[0] is None or files[1] is None:
        raise UserError(Worded(*(
            "the speech comes with the package aeon; pip install --no-deps aeon (only its files "
            f"are read), or {other}"
            for other in ("use --data mnist", "choose mnist as the data")
        )))  # fmt: skip
    return of_files(files[0], files[1])


def of_files(train: Path, test: Path) -> Data:
    """Each frame with its neighbours, in 0..1 by the range of the frames to learn from."""
    (x, labels), (test_x, test_labels) = _frames(train), _frames(test)
    low, high = x.min(0).values, x.max(0).values
    x, test_x = ((one - low) / (high - low).clamp_min(1e-6) for one in (x, test_x))
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    names = tuple(f"speaker {number + 1}" for number in range(int(labels.max()) + 1))
    shape = (1, 2 * BESIDE + 1, x.shape[1] // (2 * BESIDE + 1))
    return Data(
        "speech", x[order], labels[order], test_x.clamp(0, 1), test_labels, shape, names, "frames"
    )


def _frames(file: Path) -> tuple[Tensor, Tensor]:
    """(N,D) and who spoke (N,): of utterances in aeon's format, dimensions apart by colons."""
    rows: list[NDArray[np.float32]] = []
    labels: list[int] = []
    lines = file.read_text("utf-8").splitlines()
    begun = next(place for place, line in enumerate(lines) if line.strip().lower() == "@data")
    for line in lines[begun + 1 :]:
        if not line.strip():
            continue
        *dimensions, speaker = line.strip().split(":")
        heard = np.array([one.split(",") for one in dimensions], np.float32).T  # (frames,12)
        padded = np.pad(heard, ((BESIDE, BESIDE), (0, 0)), mode="edge")
        places = [padded[at : at + len(heard)] for at in range(2 * BESIDE + 1)]
        rows.append(np.concatenate(places, 1))
        labels += [int(float(speaker)) - 1] * len(heard)
    return torch.from_numpy(np.concatenate(rows)), torch.tensor(labels)
