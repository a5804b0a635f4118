"""Pictures that a person picked out, and what was found of them so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.errors.answers import FoundCauses, FoundEffect, RankedUnits


@dataclass(eq=False)
class Picked:
    """Rows of the pass; what is found is added as it comes."""

    title: str
    rows: NDArray[np.int64]
    units: RankedUnits | None = None
    causes: FoundCauses | None = None
    effects: list[FoundEffect] = field(default_factory=list)
    changed: FoundEffect | None = None  # whose answers are shown; None: those as the network is

    def mask(self, count: int) -> NDArray[np.bool_]:
        """Return (count,) True at the rows."""
        found = np.zeros(count, bool)
        found[self.rows] = True
        return found
