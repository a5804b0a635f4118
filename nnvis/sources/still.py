"""A source of one picture."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from nnvis.sources.frame import Frame
from nnvis.sources.source import Control, SourceState, Status


class StillSource:
    """Gives its picture once, then nothing more."""

    controls: frozenset[Control] = frozenset()

    def __init__(self, spec: str, title: str, picture: NDArray[np.uint8], scale: str = "") -> None:
        self.spec, self.title, self._scale = spec, title, scale
        self._picture: NDArray[np.uint8] | None = picture
        height, width, _ = picture.shape
        self._note = f"{width}x{height}"

    @property
    def status(self) -> Status:
        return Status(SourceState.STILL, self._note)

    def due(self) -> float:
        return math.inf if self._picture is None else 0.0

    def read(self) -> Frame | None:
        picture, self._picture = self._picture, None
        if picture is None:
            return None
        return Frame(picture, 0, time.monotonic(), self.spec, self.title, self._scale)

    def control(self, control: Control, value: float) -> None:
        """There is nothing to control."""

    def close(self) -> None:
        self._picture = None
