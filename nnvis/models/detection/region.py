"""Something that a network finds in a picture, and by which it is known again; numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.structure import limited

Extent = tuple[float, float, float, float]  # left, top, right, bottom, in parts of what is fed
EDGE = 1e-4  # by which boxes are grown, so that those at an edge have a size
SAME = 0.3  # overlap (intersection over union) from which it is the same thing


@dataclass(frozen=True, slots=True)
class Region:
    """A box, or a connected region of a segmentation: its class and where it was seen last."""

    label: int = limited(minimum=0)
    box: Extent | None = limited(None, -1, 2)  # None: all that is of this class (segmentation)


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A box, or a connected region of a segmentation."""

    label: int
    name: str
    score: float  # of a region the mean probability of its class over it
    box: Extent
    area: float | None = None  # of its mask, as a share of what is fed; None: there is no mask

    @property
    def region(self) -> Region:
        """What it is known by."""
        return Region(self.label, self.box)


@dataclass(frozen=True, slots=True, eq=False)
class FoundObjects:
    """All of one picture: boxes by score, regions by area."""

    listed: tuple[FoundObject, ...]
    masks: NDArray[np.int16] | None  # (h,w): 1 + the number of what is seen there; 0: nothing
    left_out: int = 0  # found besides: too small, or too many

    def find(self, region: Region) -> int | None:
        """Return the number of what overlaps `region` most and is of its class, None if lost."""
        if region.box is None:
            return next(
                (at for at, one in enumerate(self.listed) if one.label == region.label), None
            )
        shares = [
            overlap(one.box, region.box) if one.label == region.label else 0.0
            for one in self.listed
        ]
        best = max(range(len(shares)), key=shares.__getitem__, default=None)
        return best if best is not None and shares[best] >= SAME else None

    def at(self, x: float, y: float, least: float = 0.0) -> int | None:
        """Return the number of what is at a place, 0 ... 1: by its mask, else the smallest box."""
        if self.masks is not None:
            height, width = self.masks.shape
            number = int(
                self.masks[min(height - 1, int(y * height)), min(width - 1, int(x * width))]
            )
            if number:
                return number - 1
        inside = [
            at
            for at, one in enumerate(self.listed)
            if one.score >= least
            and one.box[0] <= x <= one.box[2]
            and one.box[1] <= y <= one.box[3]
        ]
        return min(inside, key=lambda at: _area(self.listed[at].box), default=None)


def overlap(first: Sequence[float], second: Sequence[float]) -> float:
    """Return intersection over union of two boxes."""
    first, second = (_grown(one) for one in (first, second))
    wide = min(first[2], second[2]) - max(first[0], second[0])
    high = min(first[3], second[3]) - max(first[1], second[1])
    both = max(0.0, wide) * max(0.0, high)
    either = _area(first) + _area(second) - both
    return both / either if either > 0 else 0.0


def _grown(box: Sequence[float]) -> Sequence[float]:
    """Give a box without width or height, at an edge, the least of either."""
    return box[0] - EDGE, box[1] - EDGE, box[2] + EDGE, box[3] + EDGE


def _area(box: Sequence[float]) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
