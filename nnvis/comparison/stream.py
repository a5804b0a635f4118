"""Two networks on the same stream: how alike their layers are over the last frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.comparison.cka import cka_matrix
from nnvis.comparison.matching import UnitPair, match_units, unrelated_level

KEPT = 192  # frames
FEWEST = 12  # before which nothing is told
MOST_UNITS = 1024  # of a layer whose units are paired while a stream goes on
APART = 0.9  # below it two layers are said to have parted


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A layer of the first network and the one of the second that it is held against."""

    first: str
    second: str
    by_name: bool  # else the most alike
    cka: float  # NaN while it is not known


class StreamComparison:
    """Holds the mean of each unit for the last frames, of both networks."""

    def __init__(self, first: Sequence[str], second: Sequence[str]) -> None:
        self.first, self.second = tuple(first), tuple(second)
        self._rows: deque[tuple[Mapping[str, NDArray[np.float32]], ...]] = deque(maxlen=KEPT)

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self, first: Mapping[str, NDArray[np.float32]], second: Mapping[str, NDArray[np.float32]]
    ) -> None:
        """Take in (U,) of each layer of both networks, of one frame."""
        self._rows.append((first, second))

    def layer(self, network: int, name: str) -> NDArray[np.float32]:
        """Return (N,U) of a layer over the frames held, of network 0 or 1."""
        return np.stack([row[network][name] for row in self._rows])

    def counterparts(self) -> tuple[Counterpart, ...]:
        """Return the counterpart of each layer of the first network, and how alike they are.

        Where no layer has the same name it is the most alike, which takes FEWEST frames to know;
        until then it is the layer at the same share of the depth.
        """
        table = np.full((len(self.first), len(self.second)), np.nan)
        if len(self) >= FEWEST:
            table = cka_matrix(
                [self.layer(0, name) for name in self.first],
                [self.layer(1, name) for name in self.second],
            )
        found = []
        for row, name in enumerate(self.first):
            by_name = name in self.second
            if by_name:
                column = self.second.index(name)
            elif np.isfinite(table[row]).any():
                column = int(np.nanargmax(table[row]))
            else:
                column = row * len(self.second) // len(self.first)
            found.append(Counterpart(name, self.second[column], by_name, float(table[row, column])))
        return tuple(found)

    def pairs(self, first: str, second: str) -> tuple[tuple[UnitPair, ...], float]:
        """Return the units of two layers paired one to one, and `unrelated_level` of the two.

        No pairs while that cannot be told.
        """
        if len(self) < FEWEST:
            return (), 1.0
        one, other = self.layer(0, first), self.layer(1, second)
        if max(one.shape[1], other.shape[1]) > MOST_UNITS:
            return (), 1.0
        return match_units(one, other), unrelated_level(one, other, in_order=True)


def parting(counterparts: Sequence[Counterpart]) -> str:
    """Say in a sentence where two networks part."""
    known = [one for one in counterparts if np.isfinite(one.cka)]
    if not known:
        return "Not known yet: the stream has to change for some frames."
    least = min(known, key=lambda one: one.cka)
    apart = [one for one in known if one.cka < APART]
    if not apart:
        return f"Their layers stay alike: the least at {least.first}, CKA {least.cka:.2f}."
    return (
        f"Their layers part from {apart[0].first} on (CKA {apart[0].cka:.2f}), most at "
        f"{least.first} ({least.cka:.2f})."
    )
