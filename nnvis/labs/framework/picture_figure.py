"""Small pictures side by side, large enough to be seen."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from nnvis.imaging.colormaps import LEVELS, palette
from nnvis.imaging.lettering import font_for
from nnvis.imaging.palette import SIGNED

PAPER = 30  # grey between the pictures
MARGIN, LIGHT = 36, 225  # pixels before the rows for their numbers, and the grey of those


def tiles(
    rows: Tensor | list[Tensor], shape: tuple[int, int, int], *, scale: int = 0, gap: int = 4
) -> NDArray[np.uint8]:
    """Pictures (rows, columns, D) in 0..1, each of `shape` (C,H,W), enlarged without smoothing.

    A row of `signed` has three channels, whatever the others have.
    """
    _, height, width = shape
    # The pictures of a row may lie on a device where those of another do not.
    colours = [one.detach().cpu().unflatten(-1, (-1, height * width)) for one in rows]
    channels = max(one.shape[-2] for one in colours)
    together = torch.stack([one.expand(-1, channels, -1) for one in colours])
    down, across = together.shape[:2]
    scale = scale or max(1, 48 // height)
    values = together.reshape(down, across, channels, height, width)
    values = (values.clamp(0, 1) * 255).round().to(torch.uint8).movedim(2, -1)
    large = values.repeat_interleave(scale, 2).repeat_interleave(scale, 3).numpy()
    high, wide = height * scale, width * scale
    sheet = np.full((down * (high + gap) + gap, across * (wide + gap) + gap, 3), PAPER, np.uint8)
    for row in range(down):
        for column in range(across):
            top, left = gap + row * (high + gap), gap + column * (wide + gap)
            sheet[top : top + high, left : left + wide] = large[row, column]
    return sheet


def signed(values: Tensor, channels: int = 1) -> Tensor:
    """Weights (...,C*P) of any sign as colours (...,3*P) in 0..1, those of a sign everywhere.

    Each picture has its own range; of several channels it is their mean.
    """
    means = values.detach().cpu().unflatten(-1, (channels, -1)).mean(-2)
    parts = means / means.abs().amax(-1, keepdim=True).clamp_min(1e-12)
    table = torch.from_numpy(palette(SIGNED)[:LEVELS, :3] / np.float32(255))
    levels = ((parts + 1) / 2 * (LEVELS - 1)).round().long()
    return table[levels].movedim(-1, -2).flatten(-2)


def numbered(sheet: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    """A sheet of so many rows, all as high, with the number of each before it."""
    high, wide = sheet.shape[:2]
    page = Image.new("RGB", (wide + MARGIN, high), (PAPER,) * 3)
    page.paste(Image.fromarray(sheet), (MARGIN, 0))
    draw = ImageDraw.Draw(page)
    for row in range(rows):
        place = MARGIN - 6, (row + 0.5) * high / rows
        draw.text(place, str(row + 1), (LIGHT,) * 3, font_for("0", 16), anchor="rm")
    return np.array(page)
