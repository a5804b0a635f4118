"""The strongest frames of a stream, gathered while it runs, and which units see a thing in it.

Numpy only. Memory is bounded: k entries a unit, the thumbnails of the frames that some unit holds
on to, and the peaks of the last `SPAN` frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.top_images import accumulator as partial
from nnvis.top_images import quantile_sketch as sketch
from nnvis.top_images.accumulator import Moments, Peaks
from nnvis.top_images.quantile_sketch import QuantileSketch

SPAN = 600  # frames whose peaks are kept to compare those with a thing to those without
LEAST_WITH, LEAST_WITHOUT = 3, 10  # frames of each before units are ranked
_TIDY = 64  # frames between two times at which thumbnails are dropped and peaks are counted


@dataclass(frozen=True, slots=True)
class StreamStill:
    """A frame that some unit holds on to."""

    number: int  # counts the frames that were gathered
    index: int  # of the frame in its source
    source: str
    time: float  # time.monotonic() seconds
    jpeg: bytes  # small


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One of a unit's strongest frames."""

    value: float
    cell: int  # row * width + column
    still: StreamStill


class StreamTop:
    """The k strongest frames of every unit, no two of the same second."""

    def __init__(self, units: int, k: int = 9) -> None:
        self.frames = 0
        self.began: float | None = None  # time of the first frame
        self._values = np.full((k, units), -np.inf, np.float32)
        self._cells = np.zeros((k, units), np.int32)
        self._seconds = np.full((k, units), -1, np.int64)
        self._numbers = np.full((k, units), -1, np.int64)
        self._stills: dict[int, StreamStill] = {}
        self._counting: list[Peaks] = []
        self._moments: Moments | None = None
        self._sketch: QuantileSketch | None = None

    def add(self, peaks: Peaks, time: float, still: Callable[[int], StreamStill]) -> None:
        """Take one frame: `peaks` of n = 1; `still(number)` is called where a unit keeps it.

        Of the frames of one second a unit keeps its strongest; of equal values, the earlier.
        """
        number, self.frames = self.frames, self.frames + 1
        self.began = time if self.began is None else self.began
        second = int(time)
        units = np.arange(self._values.shape[1])
        same = self._seconds == second
        slots = np.where(same.any(0), same.argmax(0), self._values.argmin(0))
        highs = peaks.highs[0]
        better = np.isfinite(highs) & (highs > self._values[slots, units])
        if better.any():
            at = slots[better], units[better]
            self._values[at] = highs[better]
            self._cells[at] = peaks.high_cells[0][better]
            self._seconds[at], self._numbers[at] = second, number
            self._stills[number] = still(number)
        self._counting.append(peaks)
        if len(self._counting) == _TIDY:
            self._tidy()

    def of(self, unit: int) -> tuple[StreamEntry, ...]:
        """Return what a unit kept, the strongest first; of equals, the earlier."""
        kept = np.flatnonzero(self._numbers[:, unit] >= 0)
        order = sorted(kept, key=lambda at: (-self._values[at, unit], self._numbers[at, unit]))
        return tuple(
            StreamEntry(
                float(self._values[at, unit]),
                int(self._cells[at, unit]),
                self._stills[int(self._numbers[at, unit])],
            )
            for at in order
        )

    def copied(self) -> StreamTop:
        """Return what there is now, for another thread to write."""
        self._tidy()
        one = StreamTop(0)
        one.frames, one.began = self.frames, self.began
        one._values, one._cells = self._values.copy(), self._cells.copy()
        one._seconds, one._numbers = self._seconds.copy(), self._numbers.copy()
        one._stills = dict(self._stills)
        one._moments, one._sketch = self._moments, self._sketch
        return one

    def known(self) -> tuple[Moments, QuantileSketch]:
        """Return what is known of the peaks of all frames."""
        self._tidy()
        assert self._moments is not None
        assert self._sketch is not None
        return self._moments, self._sketch

    def _tidy(self) -> None:
        held = set(np.unique(self._numbers).tolist())
        self._stills = {number: one for number, one in self._stills.items() if number in held}
        if not self._counting:
            return
        peaks = Peaks.joined(self._counting)
        self._counting = []
        good = np.isfinite(peaks.highs) & np.isfinite(peaks.lows)
        moments, counted = partial.moments(peaks, good), sketch.sketch(peaks.highs, good)
        if self._moments is None or self._sketch is None:
            self._moments, self._sketch = moments, counted
        else:
            self._moments = partial.merge_moments(self._moments, moments)
            self._sketch = sketch.merge(self._sketch, counted)


class Sightings:
    """The peaks of the last frames, and in which of them a person said that a thing is in view."""

    def __init__(self) -> None:
        self._rows: deque[tuple[bool, NDArray[np.float32]]] = deque(maxlen=SPAN)

    def add(self, highs: NDArray[np.float32], present: bool) -> None:
        """Take the peaks (U,) of a frame."""
        self._rows.append((present, highs))

    def forget(self) -> None:
        """Begin a new question: the frames with the last thing count for none now."""
        self._rows = deque((row for row in self._rows if not row[0]), maxlen=SPAN)

    @property
    def counts(self) -> tuple[int, int]:
        """How many frames with the thing, and without."""
        present = sum(one for one, _ in self._rows)
        return present, len(self._rows) - present

    def ranked(self) -> NDArray[np.float64]:
        """Return (U,): the area under the ROC curve of each unit's peaks, with over without.

        It is the chance that a frame with the thing has the higher peak, ties counted half
        (Hanley and McNeil 1982); NaN where a peak is.
        """
        present = np.stack([row for one, row in self._rows if one])
        absent = np.sort(np.stack([row for one, row in self._rows if not one]), axis=0)
        areas = np.empty(present.shape[1])
        for unit in range(present.shape[1]):
            below = np.searchsorted(absent[:, unit], present[:, unit], "left")
            most = np.searchsorted(absent[:, unit], present[:, unit], "right")
            areas[unit] = (below + most).mean() / (2 * len(absent))
        bad = ~(np.isfinite(present).all(0) & np.isfinite(absent).all(0))
        areas[bad] = np.nan
        return areas
