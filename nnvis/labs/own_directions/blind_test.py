"""Rows of top pictures, of units and of random directions, for a person to tell apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from nnvis.errors import UserError
from nnvis.labs.framework.outcome import LabPicture
from nnvis.labs.framework.picture_figure import PAPER
from nnvis.labs.own_directions.measure import Sets
from nnvis.labs.training.coherence import ANSWERS
from nnvis.models.preprocess import Preprocess
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.pictures import forget_video, read

ROWS = 10  # of each kind
HIGH = 88  # pixels of a picture
GAP = 4


def rows_of(sets: Sets, seed: int) -> list[tuple[str, list[int]]]:
    """Kind ("unit" or "random") and pictures of each row, in an order of chance."""
    die = torch.Generator().manual_seed(seed)
    rows = []
    for kind, chosen in (("unit", sets.chosen["unit"][0]), ("random", sets.chosen["random"][0])):
        for place in torch.randperm(len(chosen), generator=die)[:ROWS].tolist():
            rows.append((kind, chosen[place].tolist()))
    return [rows[place] for place in torch.randperm(len(rows), generator=die).tolist()]


def write_blind_test(
    rows: list[tuple[str, list[int]]], references: list[Reference], way: Preprocess
) -> Iterator[LabPicture | None]:
    """Read the pictures once more; yields None for each row, and in the end the game.

    They are shown as the network is fed them; one that is gone meanwhile is left grey.
    """
    high, wide = HIGH, max(round(HIGH * way.size[1] / way.size[0]), 1)
    across = max(len(chosen) for _, chosen in rows)
    sheet = np.full(
        (len(rows) * (high + GAP), across * (wide + GAP) + GAP, 3), PAPER, np.uint8
    )  # fmt: skip
    known: dict[int, NDArray[np.uint8]] = {}
    for row, (_, chosen) in enumerate(rows):
        for column, place in enumerate(chosen):
            if place not in known:
                known[place] = _small(references[place], way, wide, high)
            top, left = GAP + row * (high + GAP), GAP + column * (wide + GAP)
            sheet[top : top + high, left : left + wide] = known[place]
        yield None
    forget_video()
    answers = tuple(ANSWERS[kind] for kind, _ in rows)
    yield LabPicture("game", "Which rows are units, which random directions?", sheet, answers)


def _small(reference: Reference, way: Preprocess, wide: int, high: int) -> NDArray[np.uint8]:
    try:
        image = Image.fromarray(way.feed(read(reference)))
    except UserError:
        return np.full((high, wide, 3), PAPER, np.uint8)
    return np.asarray(image.resize((wide, high), Image.Resampling.BOX))
