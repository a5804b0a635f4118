"""The page of the lens about a unit's kernel."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.lens.context import LensContext
from nnvis.engine.protocol.observations import Weights
from nnvis.imaging.colormaps import BAD, LEVELS, palette
from nnvis.imaging.colour_options import Shading
from nnvis.imaging.colourise import tile
from nnvis.imaging.grid import Grid
from nnvis.views.unit_weights import Kernel, kernel_of

TILE = 20  # pixels of the longer side of a slice, at least; single weights are smaller
DOT = 9
GAP = 2


class WeightsPage:
    """A kernel is drawn once: it does not change."""

    def __init__(self) -> None:
        self._found: Weights | None = None
        self._shading: Shading | None = None

    def observe(self, context: LensContext) -> Weights | None:
        """Draw the unit's kernel, unless that is done.

        Raises:
            UserError: the layer has no kernel.
        """
        if self._found is None or self._shading != context.shading:
            self._shading = context.shading
            kernel = kernel_of(context.model, context.layer.name, context.unit)
            self._found = paint_kernel(kernel, context.shading.signed_colormap)
        return self._found


def paint_kernel(kernel: Kernel, colormap: str) -> Weights:
    """Draw the slices side by side, all on the scale of the largest weight among them.

    A kernel over R, G and B comes as a coloured tile first, middle grey standing for zero.
    """
    slices = kernel.slices.cpu()
    finite = slices[slices.isfinite()]
    reach = float(finite.abs().max()) if finite.numel() else 0.0
    count, height, width = slices.shape
    longest = max(height, width)
    times = max(1, -(-(DOT if longest == 1 else TILE) // longest))
    levels = _levels(slices, reach)
    names = [f"input {kernel.first + index}" for index in range(count)]
    values = slices.numpy()
    table = palette(colormap)
    if kernel.colours:
        names = ["red, green and blue", "red", "green", "blue"]
        values = np.concatenate([values.mean(0, keepdims=True), values])
        levels = torch.cat([levels[:1], levels])
    shape = (height * times, width * times)
    grid = Grid.fit(len(names), *shape, aspect=1.0, gap=GAP)
    picture = table[tile(levels, grid).numpy()]
    if kernel.colours:
        left, top, wide, high = grid.rect(0)
        mixed = _mixed(slices, reach).repeat(times, 0).repeat(times, 1)
        picture[top : top + high, left : left + wide, :3] = mixed
    note = "" if finite.numel() == slices.numel() else "some weights are NaN or infinite"
    return Weights(
        picture, grid, values, tuple(names), reach, kernel.colours, colormap, kernel.bias, note
    )


def _levels(slices: Tensor, reach: float) -> Tensor:
    part = (slices / (2 * reach) + 0.5 if reach else torch.full_like(slices, 0.5)).clamp(0, 1)
    levels = (part.nan_to_num(0) * (LEVELS - 1) + 0.5).to(torch.uint8)
    return levels.masked_fill(~slices.isfinite(), BAD)


def _mixed(slices: Tensor, reach: float) -> NDArray[np.uint8]:
    """(3,h,w) -> (h,w,3): middle grey is zero."""
    part = slices.permute(1, 2, 0) / (2 * reach) + 0.5 if reach else slices.permute(1, 2, 0) + 0.5
    mixed: NDArray[np.uint8] = (part.nan_to_num(0.5).clamp(0, 1) * 255).round().byte().numpy()
    return mixed
