"""The norms as parts: projection, steepest step, random point and rounding, each with the box."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

from nnvis.attacks.quantise import TOP, level_bounds, round_l2
from nnvis.errors import UserError

_TINY = 1e-12


class Around(Protocol):
    """A ball and the box around one batch of pictures, for many steps."""

    def project(self, z: Tensor) -> Tensor:
        """Return a picture of ball and box near `z`, and `z` itself if it is one."""
        ...

    def round(self, z: Tensor) -> Tensor:
        """Return an 8-bit picture of ball and box near `z`."""
        ...


class Ball(Protocol):
    """All pictures within `eps` of `x`; every method also stays in the box [0,1].

    `x`, `z` and `slope` are (N,C,H,W); `x` lies in the box.
    """

    name: str

    def check(self, eps: float, shape: torch.Size, eight_bit: bool) -> None:
        """Raise UserError where `eps` makes no sense for pictures of `shape`."""
        ...

    def around(self, x: Tensor, eps: float) -> Around:
        """Return the ball of radius `eps` around `x`; to round in it, `x` must be of 8 bit."""
        ...

    def sample(self, x: Tensor, eps: float, generator: torch.Generator) -> Tensor:
        """Return a random picture of ball and box."""
        ...

    def step(self, slope: Tensor, size: float) -> Tensor:
        """Return the change of length `size` in this norm that falls steepest along `slope`."""
        ...


class Linf:
    """No value changes by more than `eps`."""

    name = "linf"

    def check(self, eps: float, shape: torch.Size, eight_bit: bool) -> None:
        """Raise UserError unless 0 < eps <= 1, and at least one level where it is 8 bit."""
        if not 0 < eps <= 1:
            raise UserError(
                f"eps {eps:g} is out of range: it is the largest change of a value, above 0 and "
                "at most 1; use 4/255, say"
            )
        _require_a_level(eps, eight_bit)

    def around(self, x: Tensor, eps: float) -> Around:
        """Find the lowest and highest values once: then a step is little more than two passes."""
        return _LinfAround(x, eps)

    def sample(self, x: Tensor, eps: float, generator: torch.Generator) -> Tensor:
        """Draw each value uniformly."""
        draw = torch.rand(x.shape, generator=generator).to(x)
        return draw.mul_(2 * eps).sub_(eps).add_(x).clamp_(0, 1)

    def step(self, slope: Tensor, size: float) -> Tensor:
        """Take the sign."""
        return slope.sign().mul_(-size)


class L2:
    """The Euclidean length of the change, over all values of a picture, is at most `eps`."""

    name = "l2"

    def check(self, eps: float, shape: torch.Size, eight_bit: bool) -> None:
        """Raise UserError unless eps lies between 0 and the diagonal of the box."""
        longest = math.sqrt(math.prod(shape[1:]))
        if not 0 < eps <= longest:
            raise UserError(
                f"eps {eps:g} is out of range: it is the Euclidean length of the change, above 0 "
                f"and at most {longest:.4g} here; use 1, say"
            )
        _require_a_level(eps, eight_bit)

    def around(self, x: Tensor, eps: float) -> Around:
        """See `_L2Around`."""
        return _L2Around(x, eps)

    def sample(self, x: Tensor, eps: float, generator: torch.Generator) -> Tensor:
        """Draw uniformly from the ball."""
        draw = torch.randn(x.shape, generator=generator).to(x)
        radius = torch.rand(len(x), 1, 1, 1, generator=generator).to(x) ** (1 / x[0].numel())
        return draw.mul_(eps * radius / _length(draw)).add_(x).clamp_(0, 1)

    def step(self, slope: Tensor, size: float) -> Tensor:
        """Go along the gradient."""
        return slope * (-size / _length(slope))


class L0:
    """At most `eps` pixels change; a pixel is a place with all its channels.

    Croce & Hein 2019, "Sparse and imperceivable adversarial attacks", sec. 3 (PGD_0).
    """

    name = "l0"

    def check(self, eps: float, shape: torch.Size, eight_bit: bool) -> None:
        """Raise UserError unless eps is a number of pixels."""
        pixels = shape[2] * shape[3]
        if not 1 <= eps <= pixels or eps != int(eps):
            raise UserError(
                f"eps {eps:g} is out of range: it is how many pixels change, a whole number from "
                f"1 to {pixels} here"
            )

    def around(self, x: Tensor, eps: float) -> Around:
        """See `_L0Around`."""
        return _L0Around(x, eps)

    def sample(self, x: Tensor, eps: float, generator: torch.Generator) -> Tensor:
        """Give random colours to random pixels."""
        order = torch.rand(len(x), x.shape[2] * x.shape[3], generator=generator)
        kept = torch.zeros_like(order).scatter_(1, order.topk(int(eps), dim=1).indices, 1)
        mask = kept.view(len(x), 1, *x.shape[2:]).bool().to(x.device)
        return torch.where(mask, torch.rand(x.shape, generator=generator).to(x), x)

    def step(self, slope: Tensor, size: float) -> Tensor:
        """Go along the gradient, by `size` for each value on average."""
        mean = slope.abs().mean((1, 2, 3), keepdim=True).clamp(min=_TINY)
        return slope * (-size / mean)


class _LinfAround:
    def __init__(self, x: Tensor, eps: float) -> None:
        self._low, self._high = (x - eps).clamp_(min=0), (x + eps).clamp_(max=1)
        self._levels = level_bounds(x, eps)

    def project(self, z: Tensor) -> Tensor:
        return torch.clamp(z, self._low, self._high)

    def round(self, z: Tensor) -> Tensor:
        """Round to the nearest level within the ball."""
        return (z * TOP).round_().clamp_(*self._levels).div_(TOP)


class _L2Around:
    def __init__(self, x: Tensor, eps: float) -> None:
        self._x, self._eps = x, eps

    def project(self, z: Tensor) -> Tensor:
        """Shorten; clipping to the box afterwards can only shorten further, as x is inside."""
        change = z - self._x
        change.mul_((self._eps / _length(change)).clamp(max=1))
        return change.add_(self._x).clamp_(0, 1)

    def round(self, z: Tensor) -> Tensor:
        """Gather the change into whole levels."""
        return round_l2(self._x, z)


class _L0Around:
    def __init__(self, x: Tensor, eps: float) -> None:
        self._x, self._pixels = x, int(eps)

    def project(self, z: Tensor) -> Tensor:
        """Keep the pixels whose keeping brings the picture nearest to `z`."""
        x, boxed = self._x, z.clamp(0, 1)
        gain = ((z - x) ** 2 - (z - boxed) ** 2).sum(1).flatten(1)  # (N,HW)
        kept = torch.zeros_like(gain).scatter_(1, gain.topk(self._pixels, dim=1).indices, 1)
        mask = kept.view(len(x), 1, *x.shape[2:]).bool()
        return torch.where(mask, boxed, x)

    def round(self, z: Tensor) -> Tensor:
        """Round to the nearest level: what did not change is on one."""
        return (z * TOP).round_().clamp_(0, TOP).div_(TOP)


LINF, L_2, L_0 = Linf(), L2(), L0()
BALLS: dict[str, Ball] = {one.name: one for one in (LINF, L_2, L_0)}


def _length(change: Tensor) -> Tensor:
    """(N,C,H,W) -> (N,1,1,1), never 0."""
    length: Tensor = change.flatten(1).norm(dim=1).clamp(min=_TINY).view(-1, 1, 1, 1)
    return length


def _require_a_level(eps: float, eight_bit: bool) -> None:
    if eight_bit and eps < 0.999 / TOP:
        raise UserError(
            f"eps {eps:.3g} is less than one level of an 8-bit picture and changes nothing in it; "
            "use 1/255 or more"
        )
