"""How much a view is worth: pixels go, or come, in its order, and the unit is watched.

Petsiuk et al. 2018 (RISE), sec. 3.3: deletion takes the most important pixels away first, insertion
brings them into a blurred picture. A view that does no better than any order that starts at the
middle of the picture has told nothing of this picture, nor has one that does no better elsewhere:
the random orders are its own, moved and mirrored. Single pixels taken at random would be no
measure of a smooth view, since they spoil a picture by their noise, whatever they show.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.faithfulness_curves import (
    Faithfulness,
    FaithfulnessCurve,
    FaithfulnessParameters,
)
from nnvis.views.request import LOGITS, Cells
from nnvis.views.slow_common import ScoreFunction

_TOGETHER = 16  # changed pictures that pass at a time
Watch = Callable[[Tensor], Tensor]  # (n,C,H,W) -> (n,)


def faithfulness(
    model: VisionModel,
    x: Tensor,
    importance: Tensor,
    unit: int,
    options: FaithfulnessParameters | None = None,
    *,
    layer: str = LOGITS,
    cells: Cells = "map",
    shares: bool = False,
) -> Steps[Faithfulness]:
    """Measure a view of `unit`.

    Args:
        model: the network.
        x: (1,C,H,W) in [0,1].
        importance: (1,C,H,W) or (1,1,H,W) that the view gave.
        unit: of `layer`.
        options: how pixels are changed.
        layer: LOGITS watches the probability of class `unit`; else, and where the network has no
            classes, it is the unit's value, as a part of what it is on the picture.
        cells: of the unit, see `cells_gradient`.
        shares: whether its values are shares of the unit's, so that those below 0 speak against
            it; else their magnitudes count.

    Raises:
        UserError: the view is NaN, or has no order, or there is no such class, or the unit is 0.
    """
    options = options or FaithfulnessParameters()
    if not bool(importance.isfinite().all()):
        raise UserError("the view has NaN or infinite values, so its pixels have no order")
    strength = (importance if shares else importance.abs()).sum(1, keepdim=True)
    if not bool((strength > strength.min()).any()):
        raise UserError("the view is the same everywhere, so its pixels have no order")
    watch, watched = _watch(model, x, layer, unit, cells)
    map_ = strength[0, 0]
    generator = torch.Generator().manual_seed(options.seed)
    maps = [map_, _centred(map_), *(_moved(map_, generator) for _ in range(options.draws))]
    ranks = [_ranks(one) for one in maps]
    steps = options.steps
    total = 2 * len(ranks) * -(-(steps + 1) // _TOGETHER)
    done = 0
    rows: list[list[NDArray[np.float64]]] = [[], []]
    grey, soft = torch.full_like(x, options.fill), _soft(x, options.blur)
    for side, (start, end) in enumerate(((x, grey), (soft, x))):
        for rank in ranks:
            found = []
            for first in range(0, steps + 1, _TOGETHER):
                yield Progress(done, total, "taking and bringing pixels")
                done += 1
                taken = torch.arange(first, min(first + _TOGETHER, steps + 1), device=x.device)
                limit = (taken * map_.numel() / steps).round().view(-1, 1, 1, 1)
                found.append(watch(torch.where(rank < limit, end, start)))
            rows[side].append(torch.cat(found).cpu().double().numpy())
    curves = [FaithfulnessCurve(one[0], one[1], np.stack(one[2:])) for one in rows]
    if not all(bool(np.isfinite(one).all()) for side in rows for one in side):
        raise UserError("the network answers with NaN once parts of the picture are changed")
    return Faithfulness(curves[0], curves[1], watched)


def _watch(model: VisionModel, x: Tensor, layer: str, unit: int, cells: Cells) -> tuple[Watch, str]:
    with torch.inference_mode():
        logits = model(x) if layer == LOGITS else None
    if logits is not None and logits.ndim == 2 and model.meaning.lists_classes:
        if not 0 <= unit < logits.shape[1]:
            raise UserError(f"the network has no class {unit} whose probability could be watched")

        def probability(shown: Tensor) -> Tensor:
            with torch.inference_mode():
                return model.scores(model(shown))[:, unit]

        return probability, f"the probability of {model.label(unit)}"
    score = ScoreFunction(model, x, layer, unit, cells)
    whole = score.value(x)
    if not bool((whole != 0).all() and whole.isfinite().all()):
        raise UserError(
            "the unit is 0 or NaN on this picture, so nothing shows by what it would fall; choose "
            "another one"
        )
    return lambda shown: score.value(shown) / whole.abs(), "the unit, as a part of what it is now"


def _ranks(map_: Tensor) -> Tensor:
    """(H,W) -> (H,W): at which place each pixel stands, the largest value first."""
    order = map_.flatten().argsort(descending=True, stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=order.device)
    return rank.view_as(map_)


def _centred(like: Tensor) -> Tensor:
    height, width = like.shape
    y = torch.arange(height, device=like.device)[:, None] - (height - 1) / 2
    x = torch.arange(width, device=like.device) - (width - 1) / 2
    away: Tensor = (y / height) ** 2 + (x / width) ** 2
    return -away


def _moved(map_: Tensor, generator: torch.Generator) -> Tensor:
    """Roll (H,W) around its edges, by a quarter of a side at least, and mirror it or not."""

    def draw(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator))

    shifts = [draw(0.25, 0.75), draw(0, 1)]
    if draw(0, 1) < 0.5:
        shifts.reverse()
    mirrored = [axis for axis in (0, 1) if draw(0, 1) < 0.5]
    by = [round(shift * side) for shift, side in zip(shifts, map_.shape, strict=True)]
    return map_.flip(mirrored).roll(by, (0, 1))


def _soft(x: Tensor, share: float) -> Tensor:
    """Blur with a Gaussian whose deviation is a share of the shorter side."""
    sigma = max(0.5, share * min(x.shape[2:]))
    reach = min(round(3 * sigma), min(x.shape[2:]) - 1)
    steps = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-(steps**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    channels = x.shape[1]
    across = kernel.expand(channels, 1, 1, -1)
    padded = functional.pad(x, (reach,) * 4, mode="reflect")
    half = functional.conv2d(padded, across, groups=channels)
    return functional.conv2d(half, across.transpose(2, 3), groups=channels)
