"""In which order the units of a layer are wanted on its sheet, and in which they lie there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnvis.sources.frame import Frame
from nnvis.structure import limited

BY_NUMBER = "number"


@dataclass(frozen=True, slots=True)
class OrderedFrame:
    """The frame that an order was found on."""

    name: str
    index: int
    source: str
    position: float | None = None  # its place there, where there are places
    time: float | None = None  # time.monotonic() seconds where it was looked at; None: in a file

    @classmethod
    def of(cls, frame: Frame) -> OrderedFrame:
        """Return what is remembered of `frame`."""
        return cls(frame.name, frame.index, frame.source, frame.position, frame.time)

    def is_shown(self, frame: Frame) -> bool | None:
        """Whether `frame` is the one; None where that cannot be known any more."""
        if self.time is not None and self.time == frame.time:
            return True
        if self.position is not None:
            there = (frame.source, frame.name, frame.position)
            return there == (self.source, self.name, self.position)
        return None if self.time is None else False


@dataclass(frozen=True, slots=True)
class GivenOrder:
    """An order that is known before the look: of a saved picture, or by an errors run."""

    layer: str
    units: tuple[int, ...]  # the first one first
    values: tuple[float, ...] = ()  # what each has, where that is known
    text: str = ""  # what it is by
    of: OrderedFrame | None = None  # where one frame said so


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What is asked once and then held: frames that follow do not move the tiles."""

    by: str = BY_NUMBER  # a name of `engine.unit_order.registry`
    most: int = limited(0, 0, 1_000_000)  # so many of the first; 0: all
    asked: int = limited(0, 0)  # counts how often it was asked for anew
    layer: str = ""  # what was selected when it was asked for
    unit: int = limited(0, 0)
    given: GivenOrder | None = None  # of its layer alone; in others the order is found

    @property
    def plain(self) -> bool:
        """Whether all units lie by their numbers."""
        return self.by == BY_NUMBER and not self.most and self.given is None


@dataclass(frozen=True, slots=True, eq=False)
class ShownOrder:
    """Which unit each tile of a sheet shows."""

    by: str
    units: NDArray[np.int64]  # (tiles,)
    values: NDArray[np.float32]  # (tiles,) what each has; NaN where it has none
    text: str  # what it is by, for people
    of: OrderedFrame | None = None  # the frame that it was found on; None: of many, or of none
    changed: bool = False  # whether the network was fed or changed otherwise then

    def unit_of(self, tile: int) -> int:
        """Return the unit that tile `tile` shows."""
        return int(self.units[tile])

    def tile_of(self, unit: int) -> int | None:
        """Return the tile that shows `unit`, None where none does."""
        places = np.flatnonzero(self.units == unit)
        return int(places[0]) if len(places) else None

    def given(self, layer: str) -> GivenOrder:
        """Return it as what can be asked for again."""
        values = tuple(float(one) for one in self.values) if np.isfinite(self.values).all() else ()
        of = replace(self.of, time=None) if self.of is not None else None
        return GivenOrder(layer, tuple(int(one) for one in self.units), values, self.text, of)
