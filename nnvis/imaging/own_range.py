"""A single map over its own range, on the host, where numpy takes a fifth of the time of torch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from nnvis.imaging.colormaps import LEVELS
from nnvis.imaging.colour_options import Range, Shading
from nnvis.imaging.colourise import TINY, shade


def own_levels(map_: NDArray[np.float32], *, signed: bool = False) -> NDArray[np.uint8]:
    """(h,w) -> (h,w) palette entries, bit for bit those of `shade` over `Range.UNIT`.

    `signed`: zero has the middle even where all values are of one sign.
    """
    low, top = map_.min(), map_.max()
    if not (np.isfinite(low) and np.isfinite(top)):
        shaded = shade(torch.from_numpy(map_)[None], Shading(Range.UNIT), signed=signed)
        return shaded.levels[0].numpy()
    with np.errstate(over="ignore"):
        if signed or low < 0 < top:
            low = min(low, -top)
            bottom, high = low - np.float32(TINY), -low
        else:
            bottom, high = low, low - (low - top)
        reach = np.maximum(high - low, np.float32(2 * TINY))
        part = np.subtract(map_, bottom)
    part /= reach
    np.clip(part, 0, 1, out=part)
    part *= LEVELS - 1
    part += 0.5
    levels: NDArray[np.uint8] = part.astype(np.uint8)
    return levels
