"""Rounding to 8 bit that stays inside the ball and the box: what is judged is what is saved."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nnvis.errors import UserError

TOP = 255  # the highest of the levels 0 ... 255
_SLACK = 1e-3  # of a level: what float32 may be off
_HALVINGS = 14  # of the scale in round_l2


def to_bytes(x: Tensor) -> Tensor:
    """[0,1] -> uint8, rounded to the nearest level."""
    return (x * TOP).round_().clamp_(0, TOP).to(torch.uint8)


def from_bytes(pixels: Tensor) -> Tensor:
    """uint8 -> float32 in [0,1], the way every picture enters the network."""
    return pixels.float() / TOP


def require_levels(x: Tensor) -> None:
    """Check that `x` is a picture of 8 bit.

    Raises:
        UserError: it holds values between the levels.
    """
    levels = x * TOP
    if not bool(((levels - levels.round()).abs() <= 2 * _SLACK).all()):
        raise UserError(
            "this picture has values between the 256 levels of 8 bit; round it first "
            "((x * 255).round() / 255), or attack with eight_bit=False"
        )


def level_bounds(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return the lowest and highest level 0 ... 255 within `eps` of each value of the 8-bit `x`."""
    reach = math.floor(eps * TOP + _SLACK)
    levels = (x * TOP).round_()
    return (levels - reach).clamp_(min=0), (levels + reach).clamp_(max=TOP)


def round_l2(x: Tensor, z: Tensor) -> Tensor:
    """Return an 8-bit picture on the way from the 8-bit `x` towards `z`, not further than `z`.

    Plain rounding loses a perturbation below half a level everywhere, however long it is in sum.
    So it is scaled up until what is left of it after rounding is just as long as it was: small
    changes are gathered into fewer, whole ones.
    """
    start = x * TOP
    aim = (z * TOP).sub_(start)
    length = aim.flatten(1).norm(dim=1)
    peak = aim.flatten(1).abs().amax(1).clamp(min=1e-12)
    low, high = torch.zeros_like(length), (length + 1) / peak
    floor, ceiling = -start, TOP - start

    def rounded(scale: Tensor) -> Tensor:
        return torch.clamp((aim * scale[:, None, None, None]).round_(), floor, ceiling)

    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = rounded(middle).flatten(1).norm(dim=1) <= length + _SLACK
        low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
    return (start + rounded(low)).round_().clamp_(0, TOP).div_(TOP)
