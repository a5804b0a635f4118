"""What an attack found, measured on the 8-bit picture that would be saved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nnvis.attacks.quantise import TOP, to_bytes
from nnvis.models.devices import widest


@dataclass(frozen=True, slots=True, eq=False)
class RawResult:
    """What the loop of a method hands back, before it is judged."""

    adversarial: Tensor  # (N,C,H,W), of 8 bit where that was asked for
    steps: int  # per picture, at most
    unrounded: Tensor | None = None  # (N,C,H,W) before rounding; None: it was never apart
    no_slope: Tensor | None = None  # (N,) bool: the gradient was 0 or not finite all the way
    rate: Tensor | None = None  # (N,) share of draws, places or views that reached the goal
    pattern: Tensor | None = None  # (C,h,w) universal perturbation, or patch
    start: Tensor | None = None  # (N,C,H,W) what sizes are measured from; None: the picture
    logits: Tensor | None = None  # (N,K) that the network gave for `adversarial`, if it was asked


@dataclass(frozen=True, slots=True, eq=False)
class AttackOutcome:
    """The result of one attack on N pictures."""

    method: str
    norm: str  # what the method bounds or makes small
    eps: float | None  # radius of the ball; None where the method makes the size small by itself
    clean: Tensor  # (N,C,H,W)
    adversarial: Tensor  # (N,C,H,W) in [0,1], on the 256 levels unless eight_bit was off
    unrounded: Tensor  # (N,C,H,W), what the method found before rounding
    label: Tensor  # (N,) int64: the class it was to leave
    target: Tensor | None  # (N,) int64
    clean_logits: Tensor  # (N,K)
    logits: Tensor  # (N,K), of `adversarial`
    success: Tensor  # (N,) bool: the top class of `adversarial` is what was wanted
    unrounded_success: Tensor  # (N,) bool
    no_slope: Tensor  # (N,) bool: no success, and no gradient to find one with: shows nothing
    linf: Tensor  # (N,) largest change of a value
    l2: Tensor  # (N,) Euclidean length of the change
    l0: Tensor  # (N,) how many pixels changed, a pixel being a place with all its channels
    unrounded_l2: Tensor  # (N,)
    rate: Tensor | None  # (N,) see Found
    pattern: Tensor | None  # (C,h,w) see Found
    steps: int
    queries: int  # pictures sent through the network
    gradients: int  # pictures sent back through it
    seconds: float

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(N,H,W,C) uint8: `adversarial` as it would be saved."""
        pixels: NDArray[np.uint8] = to_bytes(self.adversarial).permute(0, 2, 3, 1).cpu().numpy()
        return pixels

    @property
    def perturbation(self) -> Tensor:
        """(N,C,H,W) signed, in pixel units."""
        return self.adversarial - self.clean

    @property
    def robust(self) -> Tensor:
        """(N,) bool: the attack could look for a way and found none."""
        return ~self.success & ~self.no_slope

    @property
    def warning(self) -> str:
        """One line on what the numbers do not show; empty where they are what they seem."""
        dead = int(self.no_slope.sum())
        if dead:
            return (
                f"the gradient is zero or not a number at {dead} of {len(self.clean)} pictures: "
                "that says nothing about robustness; try square, which needs no gradient"
            )
        lost = int((self.unrounded_success & ~self.success).sum())
        if lost:
            return f"rounding to 8 bit undoes the change at {lost} of {len(self.clean)} pictures"
        return ""


def sizes(x: Tensor, z: Tensor, eight_bit: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return (N,) L-inf and L2 of the change, and how many pixels changed.

    Of 8-bit pictures whole levels are counted, so that 4 levels are 4/255 and not a little more.
    """
    change = (z - x).flatten(2).abs()
    if eight_bit:
        change = (change * TOP).round_().to(widest(change.device)).div_(TOP)
    changed = (change > 0).any(1).sum(1)
    return change.amax((1, 2)), change.flatten(1).norm(dim=1), changed


def length(x: Tensor, z: Tensor) -> Tensor:
    """Return (N,) L2 of the change, as `sizes` does of pictures that are not of 8 bit."""
    lengths: Tensor = (z - x).flatten(1).norm(dim=1)
    return lengths
