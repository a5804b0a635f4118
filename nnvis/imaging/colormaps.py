"""Colour maps as look-up tables of 256 entries."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from cmap import Colormap
from numpy.typing import NDArray

LEVELS = 254  # entries 0 ... 253 are colours of the map
GAP = 254  # the entry between tiles
BAD = 255  # the entry for NaN and infinity

GAP_COLOR = (24, 26, 31)
BAD_COLOR = (255, 0, 200)  # in no map

_STOPS = {
    # negative, zero, positive; the first pair is told apart by colour-blind people too
    "blue-orange": ("#6fb7ff", "#2166d1", "#101216", "#d9741a", "#ffc46b"),
    "red-green": ("#ff6a5c", "#c8281e", "#101216", "#1f9a3a", "#7dff8f"),
}
_CMAP_NAMES = {"batlow": "crameri:batlow", "berlin": "crameri:berlin", "vik": "crameri:vik"}


@lru_cache(maxsize=32)
def palette(name: str) -> NDArray[np.uint8]:
    """Return the map called `name` as (256, 4) uint8 RGBA: LEVELS colours, the gap, the bad.

    Raises:
        ValueError: there is no such map.
    """
    stops = list(_STOPS[name]) if name in _STOPS else _CMAP_NAMES.get(name, name)
    lut = np.full((256, 4), 255, np.uint8)
    lut[:LEVELS] = (Colormap(stops).lut(LEVELS) * 255).round().astype(np.uint8)
    lut[GAP, :3] = GAP_COLOR
    lut[BAD, :3] = BAD_COLOR
    lut.setflags(write=False)
    return lut


@lru_cache(maxsize=32)
def screen_palette(name: str) -> NDArray[np.uint8]:
    """Return `palette(name)` as BGRA: so screens take colours, with nothing to be turned round."""
    lut = turned(palette(name))
    lut.setflags(write=False)
    return lut


def turned(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(...,4) BGRA -> RGBA, or back."""
    return picture.take((2, 1, 0, 3), axis=-1)
