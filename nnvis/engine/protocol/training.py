"""How a training goes, for the window to show: numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class DeadLayer:
    """Units of a layer that were zero in every cell of every one of the last pictures."""

    layer: str
    dead: int
    units: int


@dataclass(frozen=True, slots=True, eq=False)
class TrainingReport:
    """Of a training that is watched, up to its last look."""

    title: str  # what is trained
    step: int  # of the optimiser, from 1
    every: int  # steps from one look to the next, at least
    rate: float  # steps a second; 0: not known yet
    loss_steps: NDArray[np.int64]  # (n,) those whose loss was told
    losses: NDArray[np.float32]  # (n,)
    weights: tuple[str, ...]  # names of L weights, in the order of the network
    ratio_steps: NDArray[np.int64]  # (t,)
    # (t,L): length of the last change over length of the weights; NaN where that is not known
    ratios: NDArray[np.float32]
    dead: tuple[DeadLayer, ...]  # of the layers that rectify
    pictures: int  # of how many pictures, at the last looks
    note: str = ""  # what cannot be shown, and why
