"""How much a view is worth: pixels go, or come, in its order, and the class is watched.

Petsiuk et al. 2018 (RISE), sec. 3.3: deletion takes the most important pixels away first, insertion
brings them into a blurred picture. A view that does no better than any order that starts at the
middle of the picture has told nothing of this picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.parameters import Parameters, option
from nnvis.progress import Progress, Steps

_TOGETHER = 16  # changed pictures that pass at a time


@dataclass(frozen=True, slots=True)
class FaithfulnessParameters(Parameters):
    """How pixels are taken away and brought."""

    steps: int = option(32, "parts into which the pixels are divided", 2, 512)
    draws: int = option(8, "random orders to compare with", 2, 100)
    blur: float = option(0.05, "standard deviation of the blur, share of the side", 0.01, 0.5)
    fill: float = option(0.5, "grey level of what is taken away", 0.0, 1.0)
    seed: int = option(0, "of the random orders", 0, 2**31 - 1)


@dataclass(frozen=True, slots=True, eq=False)
class FaithfulnessCurve:
    """Probability of the class while pixels go or come."""

    view: NDArray[np.float64]  # (steps + 1,) in the view's order
    centred: NDArray[np.float64]  # (steps + 1,) from the middle outwards
    random: NDArray[np.float64]  # (draws, steps + 1)

    def area(self, curve: NDArray[np.float64]) -> float:
        """Return the area under a curve (trapezoids), 0..1."""
        return float(((curve[1:] + curve[:-1]) / 2).mean())

    @property
    def random_areas(self) -> tuple[float, ...]:
        """Of each random order."""
        return tuple(self.area(one) for one in self.random)


@dataclass(frozen=True, slots=True, eq=False)
class Faithfulness:
    """Deletion is good when low, insertion when high."""

    deletion: FaithfulnessCurve
    insertion: FaithfulnessCurve

    @property
    def better(self) -> bool:
        """Whether the view beats the centred order and every random one, both ways."""
        return all(
            sign * curve.area(curve.view)
            > max(sign * one for one in (curve.area(curve.centred), *curve.random_areas))
            for curve, sign in ((self.deletion, -1), (self.insertion, 1))
        )

    def text(self) -> str:
        """Say in one line what the areas mean."""
        parts = []
        for name, curve in (("deletion", self.deletion), ("insertion", self.insertion)):
            random = float(np.mean(curve.random_areas))
            parts.append(
                f"{name} {curve.area(curve.view):.2f} (from the middle "
                f"{curve.area(curve.centred):.2f}, at random {random:.2f})"
            )
        said = (
            "its order matters to the network"
            if self.better
            else "it does no better than an order that knows nothing of the picture"
        )
        return f"{', '.join(parts)}: {said}"


def faithfulness(
    model: VisionModel,
    x: Tensor,
    importance: Tensor,
    unit: int,
    options: FaithfulnessParameters | None = None,
) -> Steps[Faithfulness]:
    """Measure a view of class `unit`.

    Args:
        model: a classifier.
        x: (1,C,H,W) in [0,1].
        importance: (1,C,H,W) or (1,1,H,W) that the view gave; magnitudes are summed over channels
            where it is signed.
        unit: the class.
        options: how pixels are changed.

    Raises:
        UserError: the view is NaN, or empty, or there is no such class.
    """
    options = options or FaithfulnessParameters()
    if not bool(importance.isfinite().all()):
        raise UserError("the view has NaN or infinite values, so its pixels have no order")
    strength = importance.abs().sum(1).flatten()
    if not bool((strength > strength.min()).any()):
        raise UserError("the view is the same everywhere, so its pixels have no order")
    height, width = x.shape[2:]
    orders = [strength.argsort(descending=True, stable=True), _centred(height, width, x.device)]
    generator = torch.Generator().manual_seed(options.seed)
    for _ in range(options.draws):
        orders.append(torch.randperm(height * width, generator=generator).to(x.device))
    grey, soft = torch.full_like(x, options.fill), _soft(x, options.blur)
    total = 2 * len(orders) * (options.steps + 1)
    rows: list[list[NDArray[np.float64]]] = [[], []]
    for side, (start, end) in enumerate(((x, grey), (soft, x))):
        for order in orders:
            curve = yield from _curve(model, start, end, order, unit, options.steps, total)
            rows[side].append(curve)
    curves = [FaithfulnessCurve(one[0], one[1], np.stack(one[2:])) for one in rows]
    return Faithfulness(*curves)


def _curve(
    model: VisionModel, start: Tensor, end: Tensor, order: Tensor, unit: int, steps: int, total: int
) -> Steps[NDArray[np.float64]]:
    """Replace the pixels of `start` by those of `end` in an order."""
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=order.device)
    rank = rank.view(1, 1, *start.shape[2:])
    found = []
    for first in range(0, steps + 1, _TOGETHER):
        shares = torch.arange(first, min(first + _TOGETHER, steps + 1), device=start.device)
        limit = (shares * len(order) / steps).round().view(-1, 1, 1, 1)
        shown = torch.where(rank < limit, end, start)
        with torch.inference_mode():
            logits = model(shown)
        if logits.ndim != 2 or not 0 <= unit < logits.shape[1]:
            raise UserError(f"the network has no class {unit} whose probability could be watched")
        found.append(model.scores(logits)[:, unit].double().cpu())
        yield Progress(0, total, "taking and bringing pixels")
    return torch.cat(found).numpy()


def _centred(height: int, width: int, device: torch.device) -> Tensor:
    y = torch.arange(height, device=device)[:, None] - (height - 1) / 2
    x = torch.arange(width, device=device) - (width - 1) / 2
    away: Tensor = (y / height) ** 2 + (x / width) ** 2
    return away.flatten().argsort(stable=True)


def _soft(x: Tensor, share: float) -> Tensor:
    """Blur with a Gaussian whose deviation is a share of the shorter side."""
    sigma = max(0.5, share * min(x.shape[2:]))
    reach = min(round(3 * sigma), min(x.shape[2:]) - 1)
    steps = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-(steps**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    channels = x.shape[1]
    across = kernel.expand(channels, 1, 1, -1)
    padded = functional.pad(x, (reach,) * 4, mode="reflect")
    half = functional.conv2d(padded, across, groups=channels)
    return functional.conv2d(half, across.transpose(2, 3), groups=channels)
