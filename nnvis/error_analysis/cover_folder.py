"""One region covered in all pictures of a folder: what becomes of the accuracy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.error_analysis.causes import Cover, covered, mover
from nnvis.error_analysis.class_logits import class_logits
from nnvis.error_analysis.fed import as_input
from nnvis.error_analysis.rates import Rate, rate
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps


@dataclass(frozen=True, slots=True)
class FolderCover:
    """The accuracy over the folder with a region covered."""

    region: str
    before: Rate
    after: Rate
    random: tuple[float, ...]  # of each draw of as large regions elsewhere, anew for each picture


def cover_folder(
    model: VisionModel,
    blocks: Iterable[tuple[slice, Tensor]],
    truths: NDArray[np.int64],
    region: str,
    mask: NDArray[np.bool_],
    cover: Cover,
    draws: int = 4,
    seed: int = 0,
) -> Steps[FolderCover]:
    """Cover (H,W) `mask` in all pictures, and as large regions elsewhere.

    Args:
        model: the network.
        blocks: places and (B,H,W,3) uint8, of all N pictures as they are fed.
        truths: (N,).
        region: what `mask` is called.
        mask: True where pictures are covered.
        cover: with what.
        draws: how often regions elsewhere take its place.
        seed: of the draws.
    """
    die = np.random.default_rng(seed)
    grey = torch.tensor(model.preprocess.mean, dtype=torch.uint8)
    move = mover(mask)
    right = np.zeros((2 + draws, len(truths)), bool)
    for where, fed in blocks:
        same = np.broadcast_to(mask, (len(fed), *mask.shape))
        shown = [fed, covered(fed, same, cover, grey)]
        for _ in range(draws):
            elsewhere = np.stack([move(die) for _ in range(len(fed))])
            shown.append(covered(fed, elsewhere, cover, grey))
        for number, one in enumerate(shown):
            with torch.inference_mode():
                said = class_logits(model, as_input(model, one)).argmax(1).cpu().numpy()
            right[number, where] = said == truths[where]
        yield Progress(where.stop, len(truths), f"covering {region} in all pictures")
    before, after = (rate(int(one.sum()), len(truths)) for one in right[:2])
    return FolderCover(region, before, after, tuple(right[2:].mean(1).tolist()))
