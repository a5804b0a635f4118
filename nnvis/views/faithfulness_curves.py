"""What deletion and insertion found of a view, and what it means in one line; no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.parameters import Parameters, option


@dataclass(frozen=True, slots=True)
class FaithfulnessParameters(Parameters):
    """How pixels are taken away and brought."""

    steps: int = option(20, "parts into which the pixels are divided", 2, 512)
    draws: int = option(6, "random orders to compare with", 2, 100)
    blur: float = option(0.05, "standard deviation of the blur, share of the side", 0.01, 0.5)
    fill: float = option(0.5, "grey level of what is taken away", 0.0, 1.0)
    seed: int = option(0, "of the random orders", 0, 2**31 - 1)


@dataclass(frozen=True, slots=True, eq=False)
class FaithfulnessCurve:
    """What is watched while pixels go or come."""

    view: NDArray[np.float64]  # (steps + 1,) in the view's order
    centred: NDArray[np.float64]  # (steps + 1,) from the middle outwards
    random: NDArray[np.float64]  # (draws, steps + 1), the view moved elsewhere

    def area(self, curve: NDArray[np.float64]) -> float:
        """Return the area under a curve (trapezoids) over 0..1."""
        return float(((curve[1:] + curve[:-1]) / 2).mean())

    @property
    def areas(self) -> tuple[float, float, float]:
        """Of the view, of the order from the middle, and the mean of the random ones."""
        return self.area(self.view), self.area(self.centred), float(np.mean(self.random_areas))

    @property
    def random_areas(self) -> tuple[float, ...]:
        """Of each random order."""
        return tuple(self.area(one) for one in self.random)


@dataclass(frozen=True, slots=True, eq=False)
class Faithfulness:
    """Deletion is good when low, insertion when high."""

    deletion: FaithfulnessCurve
    insertion: FaithfulnessCurve
    watched: str  # what the curves are of, in a few words

    @property
    def better(self) -> bool:
        """Whether the view beats the centred order and every random one, both ways."""
        return _beats(self.deletion, -1) and _beats(self.insertion, 1)

    def text(self) -> str:
        """Say in one line what the areas mean."""
        parts = []
        for name, curve in (("deletion", self.deletion), ("insertion", self.insertion)):
            own, centred, random = curve.areas
            parts.append(
                f"{name} {own:.3f} (from the middle {centred:.3f}, at random {random:.3f})"
            )
        return f"{', '.join(parts)}: {self.verdict()}"

    def verdict(self) -> str:
        """Say whether the view knows more of this picture than chance does."""
        gone, came = _beats(self.deletion, -1), _beats(self.insertion, 1)
        if gone and came:
            return "it names what this needs, both when it goes and when it comes"
        if gone or came:
            how = "deletion" if gone else "insertion"
            return f"better by {how} alone; the other way no better than what knows nothing of it"
        return "it does no better than an order that knows nothing of the picture"


def _beats(curve: FaithfulnessCurve, sign: int) -> bool:
    others = (curve.area(curve.centred), *curve.random_areas)
    return sign * curve.area(curve.view) > max(sign * one for one in others)
