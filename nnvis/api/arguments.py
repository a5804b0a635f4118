"""What a person gives in Python, checked: messages name the argument."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar

from nnvis.errors import UserError
from nnvis.imaging.colour_options import COLORMAPS, SIGNED_COLORMAPS, Range, Shading
from nnvis.models.asked.asked_field import MOST_SIDE
from nnvis.models.labels import read_labels
from nnvis.models.preprocess import Fit

T = TypeVar("T")
_RANGES = {"layer": Range.LAYER, "unit": Range.UNIT}


def numbers(argument: str, given: Any) -> tuple[float, ...] | None:
    """Return `given`, a number or several, as floats.

    Raises:
        UserError: it is neither.
    """
    if given is None:
        return None
    if hasattr(given, "tolist"):
        given = given.tolist()
    row = [given] if isinstance(given, Real) else given
    try:
        found = tuple(float(one) for one in row)
    except (TypeError, ValueError):
        found = ()
    if not found or not all(math.isfinite(one) for one in found):
        raise UserError(f"{argument} {given!r} is not what it should be; give (0.5, 0.5, 0.5)")
    return found


def size(argument: str, given: Any) -> tuple[int, int] | None:
    """Return (height, width) of a number or a pair.

    Raises:
        UserError: it is neither, or cannot be the size of an input.
    """
    if given is None:
        return None
    pair = (given, given) if isinstance(given, Integral) else given
    try:
        height, width = (int(one) for one in pair)
    except (TypeError, ValueError):
        height = width = 0
    if not (0 < height <= MOST_SIDE and 0 < width <= MOST_SIDE):
        raise UserError(f"{argument} {given!r} is no size; give 224, or (height, width)")
    return height, width


def names(argument: str, given: Any) -> tuple[str, ...] | None:
    """Return class names, from a list or from a file of them.

    Raises:
        UserError: it is neither.
    """
    if given is None:
        return None
    if isinstance(given, (str, Path)):
        return read_labels(Path(given))
    if isinstance(given, Mapping):
        given = [given.get(place) for place in range(len(given))]
    try:
        found = tuple(given)
    except TypeError:
        found = ()
    if not found or not all(isinstance(one, str) for one in found):
        raise UserError(f"{argument} must be names of classes: a list of text, or a file of them")
    return found


def whole(argument: str, given: Any) -> int:
    """Return a whole number.

    Raises:
        UserError: it is none.
    """
    if isinstance(given, Integral) and not isinstance(given, bool):
        return int(given)
    raise UserError(f"{argument} {given!r} is no whole number; give 0, 1, 2, ...")


def one_of(argument: str, given: Any, among: Sequence[str]) -> str:
    """Return `given`, which must be one of these.

    Raises:
        UserError: it is not.
    """
    if given not in among:
        raise UserError(f"{argument} {given!r} is not known; use {', '.join(among)}")
    return str(given)


def fit_of(given: Any) -> Fit:
    """Return how a picture meets the network."""
    return Fit(one_of("fit", given, [one.value for one in Fit]))


def shading_of(
    values: Any, gamma: float, boost: float, colormap: str, signed_colormap: str
) -> Shading:
    """Return the colours that a person asks for.

    Args:
        values: "layer", "unit", or what the ends of the colours stand for, (low, high).
        gamma: exponent on the values.
        boost: how far weak units are lifted, 0 to 1.
        colormap: one of COLORMAPS.
        signed_colormap: one of SIGNED_COLORMAPS.

    Raises:
        UserError: one of them is not known.
    """
    one_of("colormap", colormap, COLORMAPS)
    one_of("signed_colormap", signed_colormap, SIGNED_COLORMAPS)
    if not (isinstance(gamma, Real) and 0.05 <= gamma <= 20):
        raise UserError(f"gamma {gamma!r} is out of range; use a number from 0.05 to 20")
    if not (isinstance(boost, Real) and 0 <= boost <= 1):
        raise UserError(f"boost {boost!r} is out of range; use a number from 0 to 1")
    low, high, span = 0.0, 1.0, Range.FIXED
    if isinstance(values, str):
        span = _RANGES[one_of("range", values, list(_RANGES))]
    else:
        found = numbers("range", values) or ()
        if len(found) != 2 or not found[0] < found[1]:
            raise UserError(f"range {values!r} is not known; use 'layer', 'unit' or (low, high)")
        low, high = found
    return Shading(span, low, high, float(gamma), float(boost), colormap, signed_colormap)
