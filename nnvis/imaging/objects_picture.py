"""The picture that was fed, tinted where objects with masks are; numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnvis.imaging.palette import colour_of

TINT = 0.45  # how strongly


def tinted(
    picture: NDArray[np.uint8], masks: NDArray[np.int16], labels: list[int]
) -> NDArray[np.uint8]:
    """(H,W,3) -> the same, with the colours of the classes; `masks` has 1 + numbers of `labels`."""
    colours = np.array([(0, 0, 0), *(colour_of(one) for one in labels)], np.float32)
    covered = masks > 0
    done = picture.copy()
    mixed = (1 - TINT) * picture[covered] + TINT * colours[masks[covered]]
    done[covered] = mixed.round().astype(np.uint8)
    return done
