"""Small pictures side by side, large enough to be seen."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PAPER = 30  # grey between the pictures


def tiles(
    rows: Tensor | list[Tensor], shape: tuple[int, int, int], *, scale: int = 0, gap: int = 4
) -> NDArray[np.uint8]:
    """Pictures (rows, columns, D) in 0..1, each of `shape` (C,H,W), enlarged without smoothing."""
    together = torch.stack(list(rows)) if isinstance(rows, list) else rows
    down, across = together.shape[:2]
    channels, height, width = shape
    scale = scale or max(1, 48 // height)
    values = together.detach().cpu().reshape(down, across, channels, height, width)
    values = (values.clamp(0, 1) * 255).round().to(torch.uint8).movedim(2, -1)
    large = values.repeat_interleave(scale, 2).repeat_interleave(scale, 3).numpy()
    high, wide = height * scale, width * scale
    sheet = np.full((down * (high + gap) + gap, across * (wide + gap) + gap, 3), PAPER, np.uint8)
    for row in range(down):
        for column in range(across):
            top, left = gap + row * (high + gap), gap + column * (wide + gap)
            sheet[top : top + high, left : left + wide] = large[row, column]
    return sheet


def signed(values: Tensor) -> Tensor:
    """Weights (...,D) of any sign as grey 0..1: zero is the middle, each its own range."""
    reach = values.abs().amax(-1, keepdim=True).clamp_min(1e-12)
    return values / reach / 2 + 0.5
