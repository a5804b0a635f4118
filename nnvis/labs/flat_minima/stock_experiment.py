"""What networks of several methods say of the next week, tried on weeks that followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nnvis.labs.flat_minima.flat_minimum_search import precision
from nnvis.labs.flat_minima.optimisers import climb_of
from nnvis.labs.flat_minima.stock_data import Array, WeeklyData
from nnvis.labs.framework.outcome import LabProgress, Point
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.progress import Steps

LEARN, CHOOSE, TRY = 256, 64, 100  # weeks of a window: 320 and 100, as in the paper
HIDDEN = 9
RATE = 0.01
SCALE = 2.0  # inputs lie in +-SCALE, as in the paper

# Strengths to choose from on weeks that no network has learnt, and no test is made of.
STRENGTHS: dict[str, tuple[float, ...]] = {
    "backprop": (0.0,),
    "weight decay": (1e-3, 1e-2, 1e-1),
    "flat minimum search": (1e-2, 1e-1, 1.0),
    "SAM": (0.1, 0.5, 2.0),
}
MEAN = "always the mean"  # of the weeks learnt: no network


@dataclass(frozen=True)
class Traded:
    """What one method said of all tested weeks; errors are in variances of the weeks learnt."""

    error: Array  # (R,W) squared, of each seed
    right: Array  # (R,W) share of weeks whose sign was right: 0 or 1
    gain: Array  # (R,) gained less lost, in per cent of all changes
    learnt: Array  # (R,) mean squared error on the weeks learnt

    def by_seed(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean squared error, and signs right in per cent."""
        return tuple(self.error.mean(1).tolist()), tuple((100 * self.right.mean(1)).tolist())


@dataclass(frozen=True)
class Windows:
    """Stretches of weeks, each scaled by the weeks learnt in it: (V,weeks,...)."""

    x: Tensor  # (V,LEARN+CHOOSE+TRY,12)
    y: Tensor  # (V,LEARN+CHOOSE+TRY)
    year: tuple[float, ...]  # when the test begins


def windows(told: WeeklyData) -> Windows:
    """One after the other, so that each week is tested once."""
    whole = LEARN + CHOOSE + TRY
    xs, ys, years = [], [], []
    for begin in range(0, len(told.change) - whole + 1, TRY):
        part, learn = slice(begin, begin + whole), slice(begin, begin + LEARN)
        x, y = told.x[part], told.change[part]
        middle, spread = told.x[learn].mean(0), told.x[learn].std(0)
        xs.append(np.clip((x - middle) / spread, -SCALE, SCALE))
        ys.append(y / told.change[learn].std())
        years.append(float(told.year[begin + LEARN + CHOOSE]))
    as_tensor = [torch.tensor(np.stack(one), dtype=torch.float32) for one in (xs, ys)]
    return Windows(as_tensor[0], as_tensor[1], tuple(years))


def trade(
    told: WeeklyData, seeds: tuple[int, ...], updates: int, done: int, total: int
) -> Steps[dict[str, Traded]]:
    """Train each method on all windows with all seeds and strengths at once; try the best."""
    parts = windows(told)
    found: dict[str, Traded] = {}
    for name, strengths in STRENGTHS.items():
        said = yield from _said(name, strengths, parts, seeds, updates, done, total)
        chosen = _chosen(said, parts)  # (V,R,weeks)
        found[name] = _tried(chosen, parts)
        yield LabProgress(done, total, f"{name}, stocks", points=_points(name, chosen, parts))
    middle = parts.y[:, :LEARN].mean(1)[:, None, None]
    same = middle.expand(-1, len(seeds), parts.y.shape[1])
    found[MEAN] = _tried(same, parts)
    yield LabProgress(done, total, "stocks", points=_points(MEAN, same, parts))
    return found


def _said(
    name: str,
    strengths: tuple[float, ...],
    parts: Windows,
    seeds: tuple[int, ...],
    updates: int,
    done: int,
    total: int,
) -> Steps[Tensor]:
    """What each network says of each week, (V,S,R,weeks) for S strengths."""
    shape = (len(parts.y), len(strengths), len(seeds))
    order = [seed for _ in range(shape[0] * shape[1]) for seed in seeds]
    stack = build((parts.x.shape[2], HIDDEN, 1), order, activation="tanh")
    x = parts.x[:, None, None].expand(*shape, -1, -1).flatten(0, 2)
    y = parts.y[:, None, None].expand(*shape, -1).flatten(0, 2)
    power = torch.tensor(strengths)[None, :, None].expand(shape).flatten()
    learn_x, learn_y = x[:, :LEARN].contiguous(), y[:, :LEARN].contiguous()
    every = torch.arange(LEARN).expand(len(y), -1)
    own = list(stack.parameters())
    optimiser = torch.optim.Adam(own, RATE, fused=True)

    def loss(logits: Tensor, _: Tensor) -> Tensor:
        return (logits[..., 0] - learn_y).square().mean(1)

    def cost(at: Stack) -> Tensor:
        error = loss(at(learn_x), every)
        if name == "weight decay":
            error = error + power / 2 * torch.stack([one.square().sum((1, 2)) for one in own]).sum(
                0
            )
        if name == "flat minimum search":
            error = error + power * precision(at, learn_x)
        return error

    for update in range(updates):
        uphill = climb_of(stack, loss, learn_x, every, 1.0) if name == "SAM" else []
        uphill = [power[:, None, None] * one for one in uphill]
        with torch.no_grad():
            for one, step in zip(own, uphill, strict=False):
                one.add_(step)
        optimiser.zero_grad(set_to_none=True)
        cost(stack).sum().backward()
        with torch.no_grad():
            for one, step in zip(own, uphill, strict=False):
                one.sub_(step)
        optimiser.step()
        if update % 20 == 0:
            yield LabProgress(done, total, f"{name}, stocks, update {update}")
    with torch.no_grad():
        said: Tensor = stack(x)[..., 0].unflatten(0, shape)
    return said


def _chosen(said: Tensor, parts: Windows) -> Tensor:
    """Of each window the strength with the lowest error on the weeks to choose on, (V,R,weeks)."""
    part = slice(LEARN, LEARN + CHOOSE)
    error = (said[..., part] - parts.y[:, None, None, part]).square().nanmean((2, 3))
    best = error.nan_to_num(torch.inf).argmin(1)
    return said[torch.arange(len(said)), best]


def _tried(chosen: Tensor, parts: Windows) -> Traded:
    seeds = chosen.shape[1]
    ahead = chosen[..., -TRY:].movedim(1, 0).reshape(seeds, -1).double().numpy()
    real = parts.y[:, -TRY:].flatten().double().numpy()
    right = np.where(np.isnan(ahead), np.nan, np.sign(ahead) == np.sign(real))
    learnt = (chosen[..., :LEARN] - parts.y[:, None, :LEARN]).square().mean((0, 2))
    gain = 100 * (np.sign(ahead) * real).sum(1) / np.abs(real).sum()
    return Traded((ahead - real) ** 2, right, gain, learnt.double().numpy())


def _points(name: str, chosen: Tensor, parts: Windows) -> tuple[Point, ...]:
    errors, signs = [], []
    real = parts.y[:, None, -TRY:]
    for place, year in enumerate(parts.year):
        said = chosen[place, :, -TRY:]
        error = (said - real[place]).square().mean(1)
        right = 100 * (said.sign() == real[place].sign()).float().mean(1)
        right = torch.where(said.isnan().any(1), torch.nan, right)
        errors.append(Point("stocks", name, year, tuple(error.tolist())))
        signs.append(Point("signs", name, year, tuple(right.tolist())))
    return (*errors, *signs)
