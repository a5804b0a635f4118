"""What a run is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnvis.labs.framework.datasets import Data


@dataclass(frozen=True)
class LabPlan:
    """One run of a lab."""

    data: Data
    seeds: tuple[int, ...]
    values: Mapping[str, float]  # of every knob
    quick: bool = False

    def __getitem__(self, knob: str) -> float:
        return self.values[knob]

    def whole(self, knob: str) -> int:
        """The value of a knob that counts something."""
        return int(self.values[knob])
