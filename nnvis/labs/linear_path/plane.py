"""A flat cut through the loss, with the way a network took laid onto it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.labs.framework.drawing import new_figure, pixels, theme
from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.interpolate import blend, flat, losses, shaped
from nnvis.progress import Progress, Steps

SIDE = 23  # places along each axis


@dataclass(frozen=True)
class Axes:
    """A plane in weight space: across from `first` (0) to `last` (1), `up` at a right angle."""

    first: Stack  # one network
    last: Stack
    up: Stack  # as long as the way from first to last
    length: float  # of that way
    path: Tensor  # (E,2) where the given weights lie, dropped onto the plane
    kept: float  # share 0..1 of the path's leave from the straight line that the plane holds


def axes(first: Stack, last: Stack, path: Tensor) -> Axes:
    """The plane through both networks (one each) that holds most of `path`, (E,P) weights."""
    start, way = flat(first)[0].double(), flat(last)[0].double() - flat(first)[0].double()
    length = float(way.norm())
    along = (path.double() - start) @ way / length**2
    side = path.double() - start - along[:, None] * way
    # The direction of the largest sum of squares: where the path goes, not how it scatters.
    heading = torch.linalg.svd(side, full_matrices=False)[2][0]
    heading = heading * (1 if float((side @ heading).sum()) >= 0 else -1)
    up = side @ heading / length
    total = float(side.square().sum())
    kept = float((side @ heading).square().sum()) / total if total else 1.0
    stack = shaped((heading * length)[None].to(path.dtype), first)
    return Axes(first, last, stack, length, torch.stack([along, up], 1).cpu(), kept)


def cut(flat_cut: Axes, x: Tensor, labels: Tensor, *, side: int = SIDE) -> Steps[PlaneLoss]:
    """Measure the training loss on a grid of the plane that holds both ends and the path."""
    ends = torch.tensor([[0.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    places = torch.cat([flat_cut.path, ends])
    low, high = places.min(0).values, places.max(0).values
    # Room for the path, and an upright axis of the same scale, which is never a mere strip.
    room = 0.15 * float(high[0] - low[0])
    middle, reach = (low[1] + high[1]) / 2, max(float(high[1] - low[1]) / 2, 0.3)
    u = torch.linspace(float(low[0]) - room, float(high[0]) + room, side)
    v = torch.linspace(float(middle) - reach - room, float(middle) + reach + room, side)
    rows = []
    for number, height in enumerate(v):
        shares = torch.stack([1 - u, u, height.expand(side)], 1).to(x.device)
        many = [one.pick([0] * side) for one in (flat_cut.first, flat_cut.last, flat_cut.up)]
        rows.append(losses(blend(many, shares), x, labels).detach().cpu())
        yield Progress(number + 1, side, "cutting through the loss")
    return PlaneLoss(u.numpy(), v.numpy(), torch.stack(rows).numpy())


@dataclass(frozen=True)
class PlaneLoss:
    """The loss on a plane."""

    u: NDArray[np.float32]  # (U,)
    v: NDArray[np.float32]  # (V,)
    loss: NDArray[np.float32]  # (V,U)


def draw(
    surface: PlaneLoss, path: Tensor, ends: tuple[str, str], *, across: str, up: str
) -> NDArray[np.uint8]:
    """(H,W,3): the surface in colours of the logarithm of its height, `path` (E,2) on it."""
    with theme():
        figure = new_figure(6.4, 5)
        plot = figure.add_subplot()
        height = np.log10(np.clip(np.nan_to_num(surface.loss, nan=1e6), 1e-4, 1e6))
        filled = plot.contourf(surface.u, surface.v, height, 24, cmap="viridis")
        plot.contour(surface.u, surface.v, height, 12, colors="white", linewidths=0.4, alpha=0.5)
        figure.colorbar(filled, label="training loss, powers of ten")
        x, y = path[:, 0].numpy(), path[:, 1].numpy()
        plot.plot(x, y, color="white", lw=2.2, marker="o" if len(x) < 60 else None, ms=3)
        plot.plot([0, 1], [0, 0], color="black", lw=1, ls="--")
        for place, name in zip((0, 1), ends, strict=True):
            plot.plot(place, 0, "o", color="#ff7b54", ms=9, mec="black")
            plot.annotate(
                name, (place, 0), textcoords="offset points", xytext=(0, -16), color="white",
                ha="center", va="top", bbox={"fc": "#1e2128", "ec": "none", "alpha": 0.75},
            )  # fmt: skip
        plot.set(xlabel=across, ylabel=up, aspect="equal")
        return pixels(figure)
