"""The principal components by which a layer's cells are coloured; no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.views.features.by_value import ByValue


@dataclass(frozen=True, slots=True, eq=False)
class ColourBasis(ByValue):
    """Where the cells of one frame lie in the space of a layer's units."""

    layer: str
    mean: NDArray[np.float32]  # (C,)
    components: NDArray[np.float32]  # (3,C), orthonormal or 0
    low: NDArray[np.float32]  # (3,): what is drawn as black
    high: NDArray[np.float32]  # (3,): and as the full colour
    share: float  # of the variance of that frame's cells
    frame: str
    weights_hash: str  # of the network
