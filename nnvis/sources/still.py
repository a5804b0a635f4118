"""A source of one picture."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from nnvis.sources.frame import Frame
from nnvis.sources.picture import Picture
from nnvis.sources.source import Control, SourceState, Status


class StillSource:
    """Gives its picture once, then nothing more."""

    controls: frozenset[Control] = frozenset()

    def __init__(self, spec: str, title: str, picture: NDArray[np.uint8] | Picture) -> None:
        self.spec, self.title = spec, title
        self._frame: Frame | None = (
            picture.frame(0, spec, title)
            if isinstance(picture, Picture)
            else Frame(picture, 0, time.monotonic(), spec, title)
        )
        height, width, _ = self._frame.picture.shape
        self._note = f"{width}x{height}"

    @property
    def status(self) -> Status:
        return Status(SourceState.STILL, self._note)

    def due(self) -> float:
        return math.inf if self._frame is None else 0.0

    def read(self) -> Frame | None:
        frame, self._frame = self._frame, None
        return frame

    def control(self, control: Control, value: float) -> None:
        """There is nothing to control."""

    def close(self) -> None:
        self._frame = None
