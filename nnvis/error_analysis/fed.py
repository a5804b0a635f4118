"""The pictures as they are fed, read once and held: for passes with something changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from nnvis.error_analysis.class_logits import class_logits
from nnvis.error_analysis.labelled import LabelledPictures
from nnvis.error_analysis.read_blocks import PictureBlocks
from nnvis.errors import UserError
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.top_images.decode import FEW, in_workers, usual_workers

BLOCK = 16
MAX_BYTES = 4 << 30


def read_fed(
    model: VisionModel,
    pictures: LabelledPictures,
    places: Sequence[int],
    fit: Fit = Fit.CROP,
    workers: int | None = None,
) -> Steps[Tensor]:
    """Return the pictures at `places` as they are fed, (N,H,W,3) uint8.

    Raises:
        UserError: they take more memory than `MAX_BYTES`, or one can no longer be read.
    """
    height, width = model.input_size
    if len(places) * height * width * 3 > MAX_BYTES:
        raise UserError(
            f"{len(places):,} pictures of {width} x {height} pixels do not fit into memory "
            "together; select fewer"
        )
    found = torch.empty(len(places), height, width, 3, dtype=torch.uint8)
    for where, fed in stream_fed(model, pictures, places, fit, workers):
        found[where] = fed
        yield Progress(where.stop, len(places), "reading pictures")
    return found


def stream_fed(
    model: VisionModel,
    pictures: LabelledPictures,
    places: Sequence[int],
    fit: Fit = Fit.CROP,
    workers: int | None = None,
) -> Iterator[tuple[slice, Tensor]]:
    """Yield the pictures at `places` as they are fed, a block (B,H,W,3) in memory at a time.

    Raises:
        UserError: one can no longer be read.
    """
    references = [pictures.references[place] for place in places]
    work = PictureBlocks(references, model.preprocess, fit, BLOCK)
    count = usual_workers() if workers is None else workers
    numbers = range(-(-len(places) // BLOCK))
    with in_workers(work, numbers, 0 if len(places) <= FEW else count) as made:
        for block in made:
            if block.skipped:
                raise UserError(block.skipped[0][1])
            first = block.number * BLOCK
            yield slice(first, first + len(block.fed)), block.fed


def held(fed: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield pictures that are in memory as `stream_fed` does."""
    for first in range(0, len(fed), BLOCK):
        some = fed[first : first + BLOCK]
        yield slice(first, first + len(some)), some


def as_input(model: VisionModel, fed: Tensor) -> Tensor:
    """(B,H,W,3) uint8 -> (B,C,H,W) in [0,1] on the model's device."""
    return model.tensor(fed)


def in_blocks(model: VisionModel, fed: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield places and (B,C,H,W) in [0,1] on the model's device."""
    for where, some in held(fed):
        yield where, as_input(model, some)


def answers(model: VisionModel, fed: Tensor) -> Steps[Tensor]:
    """Return the logits (N,K) on the host."""
    found = []
    for where, x in in_blocks(model, fed):
        with torch.inference_mode():
            found.append(class_logits(model, x).float().cpu())
        yield Progress(where.stop, len(fed), "asking the network")
    return torch.cat(found)
