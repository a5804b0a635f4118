"""Which values of a picture are black and white: by the type and sense of its values, or as asked.

Integers of up to 16 bits say themselves what white is: the largest value of their bits. Wider ones
and floats are containers, which say nothing. For these, white is the smallest usual one (1 of
floats, 255, 4095, 65535, and of integers then each power of two) that the bulk of the values keeps
to, so that a few bright pixels, as resampling and hot pixels make them, change nothing. They are
cut off, and told. So the bulk of the values is never black for being small beside its container.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.errors import UserError
from nnvis.sources.spec_text import named

Values = NDArray[Any]  # (H,W) or (H,W,C), of any real type

_BULK = 99  # percent of the values above black, and of those below it
_OVER = 1.25  # how far the bulk may be beyond a white: ringing, not another scale
_BRIGHT = 16  # the same of floats to 1, whose lights may be brighter than white
_PORTION = 1 << 22  # values that are scaled at once
_SAMPLE = 1 << 20  # values that are enough to judge by


@dataclass(frozen=True, slots=True)
class Levels:
    """The values that become 0 and 255; what lies beyond is cut off."""

    low: float
    high: float
    why: str

    def applied(self, values: Values) -> NDArray[np.uint8]:
        """Return `values` as uint8 of the same shape; what is no number becomes 0."""
        wide = values.dtype.itemsize > (4 if values.dtype.kind == "f" else 2)
        kind: type[np.floating[Any]] = np.float64 if wide else np.float32
        flat, out = values.reshape(-1), np.empty(values.size, np.uint8)
        step = kind(255 / (self.high - self.low))
        for begin in range(0, flat.size, _PORTION):
            part: Values = flat[begin : begin + _PORTION].astype(kind)
            with np.errstate(over="ignore"):  # becomes infinite, which is beyond white
                part = np.clip((part - kind(self.low)) * step, 0, 255)
            out[begin : begin + _PORTION] = np.nan_to_num(part, nan=0.0) + kind(0.5)
        return out.reshape(values.shape)

    def told(self, values: Values) -> str:
        """Say it in a line, with how much of `values` is beyond."""
        line = f"{self.low:g} is black, {self.high:g} is white ({self.why})"
        beyond = np.count_nonzero((values < self.low) | (values > self.high))
        if beyond:
            line += f"; {100 * beyond / values.size:.2g}% of the values are beyond"
        if values.dtype.kind == "f" and (odd := np.count_nonzero(np.isnan(values))):
            line += f"; {odd} are no numbers, shown black"
        found = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        top = float(found.max()) if found.size else self.high
        if self.low >= 0 and 0 < top < self.high / 8:
            line += f"; the largest value is {top:g}, choose another window to see more"
        return line


class LevelChoice:
    """The levels of a source: those asked for, else of each type those of its first picture."""

    def __init__(self, asked: Levels | None = None) -> None:
        self._asked = asked
        self._found: dict[tuple[str, int], Levels] = {}

    @property
    def asked(self) -> Levels | None:
        """The levels that a person set."""
        return self._asked

    def levels(self, values: Values, bits: int = 0) -> Levels:
        """Return those of `values`, of which `bits` are used (0: all of its type)."""
        if self._asked is not None:
            return self._asked
        key = (values.dtype.name, bits)
        if key not in self._found:
            self._found[key] = usual_levels(values, bits)
        return self._found[key]


def usual_levels(values: Values, bits: int = 0) -> Levels:
    """Return the levels by the rule above; `bits` of an integer are used (0: all of its type)."""
    kind, size = values.dtype.kind, bits or values.dtype.itemsize * 8
    if kind == "b":
        return Levels(0, 1, "1 bit")
    if kind == "u" and size <= 16:
        return Levels(0, 2**size - 1, f"{size}-bit integers")
    sample = values.reshape(-1)
    sample = sample[:: max(1, sample.size // _SAMPLE)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    above, below = sample[sample > 0], -sample[sample < 0]
    high = float(np.percentile(above, _BULK)) if above.size else 0.0
    low = float(np.percentile(below, _BULK)) if below.size else 0.0
    name = f"{size}-bit {'floats' if kind == 'f' else 'integers'}"
    # A little below black is ringing as well; more of it has a sense of its own.
    signed = below.size > sample.size / 100 and low > high / 16
    middle = float(np.median(sample)) if sample.size else 0.0
    for bottom, white in _usual(values.dtype, signed):
        over = _BRIGHT if white == 1 and not signed else _OVER
        if high <= over * white and (low <= -over * bottom or not signed):
            if kind == "f" and (0 < high < white / 255 or middle > white > 1):
                break  # all black, or most of it beyond white: it has a sense of its own
            if middle > white > 1:
                continue
            return Levels(bottom, white, f"usual for {'signed ' if signed else ''}{name}")
    if not sample.size:
        return Levels(0, 1, f"{name}, none of them a number")
    # Measurements with a unit of their own, such as heights: those of the first picture.
    bottom, top = (float(one) for one in np.percentile(sample, (100 - _BULK, _BULK)))
    if not top > bottom:
        bottom, top = float(sample.min()), float(sample.max())
    if not top > bottom:  # one value, which is grey then
        reach = max(1.0, abs(bottom) / 1000)
        bottom, top = bottom - reach, bottom + reach
    return Levels(bottom, top, f"where 98% of these {name} lie")


def _usual(kind: np.dtype[Any], signed: bool) -> list[tuple[float, float]]:
    """Return the usual black and white, the nearest first."""
    if signed:  # the third are the Hounsfield units of tomograms, in 12 bits
        found = [(-1.0, 1.0), (-128.0, 127.0), (-1024.0, 3071.0), (-32768.0, 32767.0)]
    else:
        found = [(0.0, 1.0), (0.0, 255.0), (0.0, 4095.0), (0.0, 65535.0)]
    if kind.kind == "f":
        return found
    bounds = np.iinfo(kind)
    more = [2.0**bits for bits in range(16 if signed else 17, bounds.bits)]
    return [
        *found[1:], *((-white if signed else 0.0, white - 1) for white in more),
        (float(bounds.min) if signed else 0.0, float(bounds.max)),
    ]  # fmt: skip


def with_window(spec: str, window: str) -> str:
    """Return the spec of the same picture or folder with `window`, "LOW:HIGH", or without one."""
    bare = spec.rpartition("?window=")[0] or spec
    return f"{bare}?window={window}" if window else bare


def read_window(text: str) -> Levels:
    """Read "LOW:HIGH".

    Raises:
        UserError: it is not of this form.
    """
    number = r"([-+]?\d*\.?\d+(?:[eE][-+]?\d{1,2})?)"
    found = re.fullmatch(f"{number}:{number}", text.strip())
    low, high = (float(one) for one in found.groups()) if found else (0.0, 0.0)
    if not low < high:
        raise UserError(
            f"window={named(text)} is not understood; write window=0:4095, the values that become"
            " black and white"
        )
    return Levels(low, high, "as asked")
