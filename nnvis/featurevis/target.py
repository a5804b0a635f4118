"""What a picture shall excite: plain data, which the window, files and the network share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOGITS = ""  # as a layer: the scores that the network puts out, before any softmax
KINDS = ("channel", "cell", "minus", "direction", "layer", "caricature")


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to be raised; of a class it is the logit, as a unit of LOGITS.

    kind:
        "channel": the mean of a unit's map.
        "cell": one cell of it; without `cell` the one in the middle.
        "minus": the mean of the unit's map less that of the unit `other`.
        "direction": the mean over the map of the channels weighted by `weights`, a unit vector.
        "layer": half the mean square of the whole layer (DeepDream, Mordvintsev et al. 2015).
        "caricature": the layer's scalar product with what it puts out for a given picture, times
            their cosine (Olah et al. 2017): what the layer sees in it, exaggerated.
    """

    layer: str
    unit: int = 0
    kind: str = "channel"
    cell: tuple[int, int] | None = None  # row, column
    other: int = 0
    weights: tuple[float, ...] = ()

    @staticmethod
    def random(layer: str, units: int, seed: int) -> Target:
        """Return a direction in a layer of so many units, any one as probable as any other."""
        drawn = np.random.default_rng(seed).standard_normal(units)
        return Target(layer, kind="direction", weights=_unit_vector(drawn))

    @staticmethod
    def difference(layer: str, units: int, unit: int, other: int) -> Target:
        """Return the direction from unit `other` to `unit`."""
        weights = np.zeros(units)
        weights[unit] += 1
        weights[other] -= 1
        return Target(layer, kind="direction", weights=_unit_vector(weights))

    @property
    def title(self) -> str:
        """Name it for people."""
        where = self.layer or "class"
        if self.kind == "layer":
            return f"dream of {where}"
        if self.kind == "caricature":
            return f"caricature by {where}"
        if self.kind == "direction":
            return f"direction in {where}"
        if self.kind == "minus":
            return f"{where} {self.unit} minus {self.other}"
        at = f" cell {self.cell[0]},{self.cell[1]}" if self.cell else ""
        return f"{where} {self.unit}{at}"


def _unit_vector(weights: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple((weights / np.linalg.norm(weights)).tolist())
