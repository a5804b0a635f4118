"""How the pixels of one axis are weighed, as PIL does it, laid out for products of matrices.

Some neighbours are weighed in one product, over all pixels that any of them is made of. Such groups
of neighbours begin at about equal distances, so that one call weighs many of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ONE: Final = 1 << 22  # a weight of one, as PIL counts
TOGETHER: Final = 8  # what is weighed in one product: few zeros, and still a fast one
_STEPS: Final = 8  # groups of which every so many are tried as a row

_Floats: TypeAlias = NDArray[np.float32]
_Doubles: TypeAlias = NDArray[np.float64]

# How far a filter reaches to either side, in pixels of what it makes where it shrinks.
REACH: Final = {"bilinear": 1.0, "hamming": 1.0, "bicubic": 2.0, "lanczos": 3.0}


class Axis:
    """What each pixel of one axis is made of: those `start` to `stop` of `new` from `old`."""

    def __init__(self, old: int, new: int, start: int, stop: int, interpolation: str) -> None:
        places, weights = _asked(old, new, interpolation)
        places, weights = places[start:stop], weights[start:stop]
        some = weights != 0
        self.start, self.stop = int(places[some].min()), int(places[some].max()) + 1
        self.count = stop - start
        self.weights: _Doubles = weights.astype(np.float64)
        self.places = np.clip(places, self.start, self.stop - 1) - self.start
        self._matrices(weights.astype(np.float32) / np.float32(ONE))
        taps, most = int(some.sum(axis=1).max()), 255 * float(np.abs(self.weights).sum(1).max())
        grain = int(np.bitwise_or.reduce(weights, axis=None))
        grain &= -grain  # the largest power of two that divides all of them
        # Sums of few bits are exact: halves are ties, which go up, and nothing is left open.
        self.nudge = np.float32(grain / 2 / ONE if most / grain < 1 << 23 else 0)
        off = 0.0 if self.nudge else (taps + 2) * 2.0**-24 * most / ONE
        self.sure = np.float32(0.5 - off)  # a sum that is less than this off is of that level

    def _matrices(self, weights: _Floats) -> None:
        """Lay the weights of some neighbours at a time into a matrix, over the pixels they share.

        The last group is filled with zeros.
        """
        groups, span = -(-self.count // TOGETHER), self.stop - self.start
        seen = [
            self.places[first : first + TOGETHER][weights[first : first + TOGETHER] != 0]
            for first in range(0, self.count, TOGETHER)
        ]
        low = np.array([places.min() for places in seen])
        after = np.array([places.max() + 1 for places in seen])
        length = int((after - low).max())
        high = np.minimum(low, span - length)  # a group begins at the latest here
        low = np.maximum(after - length, 0)
        pace = (high[-1] - low[0]) / max(groups - 1, 1)
        rows = min((_rows(low, high, pace, step) for step in range(1, _STEPS + 1)), key=len)
        matrices = np.zeros((groups, length, TOGETHER), np.float32)
        begins = {
            group: row.begin + place * row.apart
            for row in rows
            for place, group in enumerate(row.numbers)
        }
        for index, (places, shares) in enumerate(zip(self.places, weights, strict=True)):
            group, column = divmod(index, TOGETHER)
            some = shares != 0
            matrices[group, places[some] - begins[group], column] = shares[some]
        self.rows = [(row, np.ascontiguousarray(matrices[row.groups])) for row in rows]
        self.turned = [
            (row, np.ascontiguousarray(matrices.transpose(0, 2, 1)[row.groups])) for row in rows
        ]
        self.groups, self.length = groups, length
        self.padded = groups * TOGETHER
        self.work = length * TOGETHER  # multiplications for each of the other axis


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Groups whose first pixels lie equally far apart, so that one call weighs all of them."""

    groups: slice
    begin: int  # the first pixel of the first group
    apart: int  # pixels from each to the next

    @property
    def numbers(self) -> range:
        """The numbers of its groups."""
        return range(self.groups.start, self.groups.stop, self.groups.step)


def _rows(
    low: NDArray[np.int64], high: NDArray[np.int64], pace: float, step: int
) -> list[GroupRow]:
    """Put every `step`-th group into a row for as long as it may begin where the row has it.

    `low` and `high` are where each group may begin; they grow by about `pace`.
    """
    made, apart = [], round(pace * step)
    for offset in range(min(step, len(low))):
        first, begin, latest = offset, int(low[offset]), int(high[offset])
        for group in range(offset + step, len(low), step):
            moved = (group - first) // step * apart
            lowest = max(begin, int(low[group]) - moved)
            highest = min(latest, int(high[group]) - moved)
            if lowest > highest:
                made.append(GroupRow(slice(first, group, step), begin, apart))
                first, lowest, highest = group, int(low[group]), int(high[group])
            begin, latest = lowest, highest
        made.append(GroupRow(slice(first, len(low), step), begin, apart))
    return made


def _asked(old: int, new: int, interpolation: str) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Ask PIL which pixels it weighs, and how: both (new,taps), the weights in 1/2^22.

    A pixel of a whole number is multiplied by the weight and rounded, just as PIL rounds the
    weights for pixels of levels. One row asks for many weights: its pixels that are not 0 stand so
    far apart that no pixel of the result sees two.
    """
    scale = max(old / new, 1.0)
    reach = REACH[interpolation] * scale
    apart = math.ceil(2 * reach) + 3
    index = np.arange(old)
    comb = np.zeros((apart, old), np.int32)
    comb[index % apart, index] = ONE
    method = Image.Resampling[interpolation.upper()]
    answer = np.array(Image.fromarray(comb).resize((new, apart), method))
    pixels = np.arange(new)
    first = np.floor((pixels + 0.5) * (old / new) - reach).astype(np.int64) - 1
    places = np.maximum(first, 0)[:, None] + np.arange(apart)
    weights = answer[places % apart, pixels[:, None]]
    weights[places >= old] = 0
    return places, weights
