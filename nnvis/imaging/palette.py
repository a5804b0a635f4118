"""What a colour means wherever it is used: the two signs, values that are none, classes."""

from __future__ import annotations

from functools import lru_cache

from nnvis.imaging.colormaps import BAD_COLOR, LEVELS, palette

RGB = tuple[int, int, int]

_LUMA, _MIDDLE = (0.299, 0.587, 0.114), 140.0
SIGNED = "blue-orange"  # the map of signed values where a person has chosen none
BAD = BAD_COLOR  # NaN and infinity: in no map
_CLASSES: tuple[RGB, ...] = (
    (240, 98, 146), (79, 195, 247), (174, 213, 129), (255, 213, 79), (186, 104, 200),
    (77, 208, 225), (255, 138, 101), (161, 136, 255), (220, 231, 117), (255, 171, 210),
)  # fmt: skip


def negative_of(signed_colormap: str = SIGNED) -> RGB:
    """Return the colour that stands for negative values beside a map of signed ones."""
    return _seen(signed_colormap, range(LEVELS // 2))


def positive_of(signed_colormap: str = SIGNED) -> RGB:
    """Return the colour that stands for positive values beside a map of signed ones."""
    return _seen(signed_colormap, range(LEVELS - 1, LEVELS // 2, -1))


def colour_of(label: int) -> RGB:
    """Return the colour of a class of objects; the same after every ten."""
    return _CLASSES[label % len(_CLASSES)]


@lru_cache
def _seen(name: str, half: range) -> RGB:
    """Return the colour of one half that is seen on dark and on light, the outermost of such."""
    table = palette(name)
    best = min(half, key=lambda at: abs(float(table[at, :3] @ _LUMA) - _MIDDLE))
    red, green, blue = (int(one) for one in table[best, :3])
    return red, green, blue
