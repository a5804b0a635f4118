"""Occlusion: what the unit loses when a patch of the picture is covered."""

from __future__ import annotations

from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.registry import OcclusionParameters
from nnvis.views.request import Cells
from nnvis.views.slow_common import ScoreFunction


def occlusion(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "map",
    options: OcclusionParameters | None = None,
) -> Steps[Tensor]:
    """Cover patch after patch (Zeiler & Fergus 2014, sec. 4.2); needs no gradient.

    Returns:
        (N,1,H,W), signed: at each pixel the mean fall of the unit over the patches that cover it.

    Raises:
        UserError: the patch is larger than the picture, or patches leave gaps between them.
    """
    options = options or OcclusionParameters()
    height, width = x.shape[2:]
    window = options.window
    if window > min(height, width):
        raise UserError(f"a patch of {window} pixels does not fit into {height} x {width}")
    if options.stride > window:
        raise UserError(f"a stride of {options.stride} leaves gaps between patches of {window}")
    score = ScoreFunction(model, x, layer, unit, cells)
    whole = score.value(x)
    total = x.new_zeros(len(x), 1, height, width)
    count = x.new_zeros(1, 1, height, width)
    corners = [
        (top, left)
        for top in _starts(height, window, options.stride)
        for left in _starts(width, window, options.stride)
    ]
    for done, (top, left) in enumerate(corners):
        yield Progress(done, len(corners))
        patch = (..., slice(top, top + window), slice(left, left + window))
        covered = x.clone()
        covered[patch] = options.fill
        total[patch] += (whole - score.value(covered)).view(-1, 1, 1, 1)
        count[patch] += 1
    return total / count


def _starts(length: int, window: int, stride: int) -> list[int]:
    """Return where patches begin, the last one flush with the end."""
    starts = list(range(0, length - window + 1, stride))
    return starts if starts[-1] == length - window else [*starts, length - window]
