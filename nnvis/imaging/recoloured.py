"""Values that are kept, coloured anew on another scale: without torch, for the window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnvis.imaging.colormaps import BAD, LEVELS, palette
from nnvis.imaging.colour_options import Shading


def recoloured(
    values: NDArray[np.float32], low: float, high: float, shading: Shading
) -> NDArray[np.uint8]:
    """(h,w) -> (h,w,3), as `colourise.shade` with a fixed range has it; both signs: 0 is middle."""
    signed = low < 0 < high
    if signed:
        high = max(-low, high)
        low = -high
    part = np.clip((values - low) / max(high - low, 1e-30), 0, 1)
    if shading.gamma != 1:
        middle = 0.5 if signed else 0.0
        away = (part - middle) / (1 - middle)
        part = np.copysign(np.abs(away) ** shading.gamma, away) * (1 - middle) + middle
    wrong = ~np.isfinite(values)
    levels = (np.where(wrong, 0, part) * (LEVELS - 1) + 0.5).astype(np.uint8)
    levels[wrong] = BAD
    picture: NDArray[np.uint8] = palette(shading.signed_colormap if signed else shading.colormap)[
        levels
    ][..., :3]
    return picture
