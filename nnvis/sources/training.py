"""The pictures of a training that is attached to: they come with the answers, not from here."""

from __future__ import annotations

import math
import time

import numpy as np

from nnvis.sources.frame import Frame
from nnvis.sources.source import Control, SourceState, Status

SPEC = "training"


def open_training() -> TrainingSource:
    """Return the source."""
    return TrainingSource()


class TrainingSource:
    """Gives one small grey frame, which stands for the training's own pictures."""

    spec = SPEC
    title = "Training"
    controls: frozenset[Control] = frozenset()

    def __init__(self) -> None:
        self._given = False

    @property
    def status(self) -> Status:
        return Status(SourceState.LIVE, "the training's own pictures")

    def due(self) -> float:
        return math.inf if self._given else 0.0

    def read(self) -> Frame | None:
        if self._given:
            return None
        self._given = True
        return Frame(np.full((8, 8, 3), 127, np.uint8), 0, time.monotonic(), SPEC, "training")

    def control(self, control: Control, value: float) -> None:
        """There is nothing to control."""

    def close(self) -> None:
        """There is nothing to give back."""
