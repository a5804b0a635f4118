"""What comes of the optimisation: images so far, and images made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.featurevis.target import Target
from nnvis.progress import Progress


@dataclass(frozen=True, slots=True, eq=False)
class FormingImage(Progress):
    """A step of the optimisation; `pictures` is empty at steps that show none."""

    pictures: tuple[NDArray[np.uint8], ...] = ()  # (H,W,3) each
    values: tuple[float, ...] = ()  # what each gave of its target, as it was last seen
    curve: tuple[float, ...] = ()  # of the first picture, one value a step


@dataclass(frozen=True, slots=True, eq=False)
class FeatureImage:
    """One finished picture."""

    target: Target
    seed: int
    picture: NDArray[np.uint8]  # (H,W,3) RGB, as a file has it
    reached: float  # what that very picture gives of its target, seen plainly
    grey: float  # what mid-grey gives of it
    curve: tuple[float, ...]  # at each step, of the picture as it was moved about
    steps: int
    note: str = ""  # why this unit cannot be raised; empty where it can

    @property
    def raised(self) -> bool:
        """Whether the picture is one, and not noise that nothing moved."""
        return not self.note
