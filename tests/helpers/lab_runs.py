"""What stands in for the run of a lab in tests of the window."""

from __future__ import annotations

import numpy as np

from nnvis.engine.lab_process import (
    Ended,
)
from nnvis.labs.framework.outcome import (
    Finding,
    LabOutcome,
    LabPicture,
    LabProgress,
    Measure,
    Point,
)

OUTCOME = LabOutcome(
    "It forgot. It was held.",
    (Measure("lost", "lost points", (30.0, 34.0), "points", "all of them"),),
    (Finding("it forgets", True, "32 points"), Finding("it does not", False, "no")),
)


class FakeRun:
    """Tells what the test wants it to."""

    def __init__(self, order, wake):
        self.order, self._wake = order, wake
        self.told = []
        self.closed = False

    def tell(self, *what):
        self.told += what
        self._wake()

    def take(self):
        told, self.told = self.told, []
        return told

    def cancel(self):
        self.tell(Ended("", True))

    def close(self, timeout=5.0):
        self.closed = True
        return True


def step(epoch, *values):
    picture = np.full((20, 1500, 3), 90, np.uint8)
    return LabProgress(
        epoch, 10, "no cure",
        points=(Point("first", "no cure", float(epoch), values),),
        shown=(LabPicture("tasks", "The tasks", picture),),
    )  # fmt: skip
