"""A source whose frames are drawn, each from its number alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnvis.sources.frame import Frame
from nnvis.sources.frame_clock import FrameClock
from nnvis.sources.source import Control, SourceState, Status

RATE = 30.0  # frames/s

_LONGEST_S = 1e9

Draw = Callable[[int], NDArray[np.uint8]]


class DrawnSource:
    """Endless frames at their own pace: `draw(index)` gives a fresh (H,W,3) uint8 RGB array."""

    controls = frozenset({Control.PAUSE, Control.STEP, Control.SEEK})

    def __init__(self, spec: str, title: str, draw: Draw, label: Callable[[int], str]) -> None:
        self.spec, self.title = spec, title
        self._draw, self._label = draw, label
        self._pace = FrameClock(RATE)
        self._next = 0
        self._paused = False
        self._owed = False  # one frame is to be shown although paused

    @property
    def status(self) -> Status:
        return Status(SourceState.PAUSED if self._paused else SourceState.LIVE)

    def due(self) -> float:
        return math.inf if self._paused and not self._owed else self._pace.due

    def read(self) -> Frame | None:
        if self._paused and not self._owed:
            return None
        index, self._next, self._owed = self._next, self._next + 1, False
        self._pace.tick()
        now, label = time.monotonic(), self._label(index)
        return Frame(self._draw(index), index, now, self.spec, label, index / RATE)

    def control(self, control: Control, value: float) -> None:
        if control is Control.PAUSE:
            self._paused = bool(value)
            self._pace.at_once()
        elif control is Control.STEP:
            self._next = max(0, self._next - 1 + int(value))
            self._paused = self._owed = True
            self._pace.at_once()
        elif control is Control.SEEK and 0 <= value < _LONGEST_S:
            self._next = round(value * RATE)
            self._owed = True
            self._pace.at_once()

    def close(self) -> None:
        """Nothing is held."""
