"""How a person wants values to become colours; free of torch, so that the window can hold it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from nnvis.structure import limited


class Range(enum.Enum):
    """What black and white (or the two ends of a signed map) stand for."""

    UNIT = "per unit"  # each tile over its own minimum ... maximum
    LAYER = "per layer"  # all tiles over the layer's minimum ... maximum
    FIXED = "fixed"  # `low` ... `high` as given


GAMMAS = (1.0, 0.7, 0.5, 0.3)  # DVT's key t
BOOSTS = (0.0, 0.3, 0.5, 0.8, 1.0)  # DVT's key T
COLORMAPS = ("gray", "viridis", "magma", "inferno", "cividis", "batlow")
SIGNED_COLORMAPS = ("blue-orange", "red-green", "berlin", "vik")


@dataclass(frozen=True, slots=True)
class Shading:
    """Values outside of the range are clipped; NaN and infinity get a colour of their own.

    A layer whose values have both signs is signed: zero is the middle of a diverging map, and the
    range is symmetric. `gamma` is the exponent on the normalised value (on its magnitude for
    signed layers). `boost` b divides a unit's values by max**b instead of the layer's maximum: 0
    leaves units comparable, 1 gives each its full range (only with Range.LAYER, as in DVT).
    """

    range: Range = Range.LAYER
    low: float = 0.0
    high: float = 1.0
    gamma: float = 1.0
    boost: float = 0.0
    colormap: str = limited("viridis", choices=COLORMAPS)
    signed_colormap: str = limited("blue-orange", choices=SIGNED_COLORMAPS)

    def with_next_gamma(self) -> Shading:
        """Return this with the next of GAMMAS."""
        return replace(self, gamma=_next(GAMMAS, self.gamma))

    def with_next_boost(self) -> Shading:
        """Return this with the next of BOOSTS."""
        return replace(self, boost=_next(BOOSTS, self.boost))


def _next(choices: tuple[float, ...], now: float) -> float:
    nearest = min(range(len(choices)), key=lambda i: abs(choices[i] - now))
    return choices[(nearest + 1) % len(choices)]
