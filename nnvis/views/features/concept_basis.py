"""Concepts that were found, and what can be set of finding them; no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.parameters import Parameters, option
from nnvis.views.features.by_value import ByValue

MOST = 12  # concepts


@dataclass(frozen=True, slots=True)
class ConceptParameters(Parameters):
    """Of non-negative matrix factorisation."""

    count: int = option(6, "concepts", 2, MOST)
    iterations: int = option(200, "of the factorisation, at most", 10, 5000)
    random_seed: int = option(0, "of the cells that are taken", 0, 2**31 - 1)


@dataclass(frozen=True, slots=True, eq=False)
class ConceptBasis(ByValue):
    """Concepts of a layer, the one that carries most first."""

    layer: str
    directions: NDArray[np.float32]  # (k,C), not negative
    largest: NDArray[np.float32]  # (k,) weight of each among the cells it was found in
    explained: float  # share of the squared cells that the concepts make up
    negative: bool  # the layer has values below 0, which were left out
    cells: int
    frames: str  # what it was found in
    weights_hash: str  # of the network

    @property
    def count(self) -> int:
        """How many concepts there are."""
        return len(self.directions)

    @property
    def note(self) -> str:
        """What is to be known of them, in one line."""
        said = f"{self.count} concepts make up {self.explained:.0%} of {self.layer}, {self.frames}"
        if self.negative:
            said += "; it has values below 0, of which only the positive part is taken apart"
        return said
