"""What networks of several methods gain in the weeks that followed those they learnt from.

Hochreiter & Schmidhuber 1997, experiments 3 to 5: a network says whether the market will rise, and
is judged by what is gained less what is lost. Here each change of side costs something, and who is
always in the market, or never, is judged the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nnvis.labs.flat_minima.flat_minimum_search import precision
from nnvis.labs.flat_minima.optimisers import climb_of
from nnvis.labs.flat_minima.stock_data import Array, WeeklyData
from nnvis.labs.framework.outcome import LabProgress, Point
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.stepping import Adam
from nnvis.progress import Steps

LEARN, CHOOSE, TRY = 256, 64, 100  # weeks of a window: 320 and 100, as in experiment 5
HIDDEN = 9
RATE = 0.01
SCALE = 2.0  # inputs lie in +-SCALE, as in the paper
SMALL_WEIGHT = 0.2  # w0 of Weigend's decay, as in experiment 4

# Strengths to choose from on weeks that no network has learnt, and no test is made of.
STRENGTHS: dict[str, tuple[float, ...]] = {
    "backprop": (0.0,),
    "weight decay": (1e-4, 1e-3, 1e-2),
    "flat minimum search": (1e-2, 1e-1, 1.0),
    "SAM": (0.1, 0.5, 2.0),
}
ALWAYS, NEVER = "always up", "never in"  # no network


@dataclass(frozen=True)
class Traded:
    """What one method made of all tested weeks of one market."""

    gain: Array  # (R,W) % a week, costs taken off
    right: Array  # (R,W) 0 or 1: the sign was right; NaN where it says nothing
    performance: Array  # (R,) gained less lost in % of all changes, without costs, as in the paper


@dataclass(frozen=True)
class Windows:
    """Stretches of weeks, each scaled by the weeks learnt in it: (V,weeks,...)."""

    x: Tensor  # (V,LEARN+CHOOSE+TRY,12)
    y: Tensor  # (V,LEARN+CHOOSE+TRY)
    change: Tensor  # (V,TRY) of the tested weeks, %, as it was
    year: tuple[float, ...]  # when the test ends


def windows(told: WeeklyData) -> Windows:
    """One after the other, so that each week is tested once."""
    whole = LEARN + CHOOSE + TRY
    xs, ys, changes, years = [], [], [], []
    for begin in range(0, len(told.change) - whole + 1, TRY):
        part, learn = slice(begin, begin + whole), slice(begin, begin + LEARN)
        x, y = told.x[part], told.change[part]
        middle, spread = told.x[learn].mean(0), told.x[learn].std(0)
        xs.append(np.clip((x - middle) / spread, -SCALE, SCALE))
        ys.append(y / told.change[learn].std())
        changes.append(100 * y[-TRY:])
        years.append(float(told.year[begin + whole - 1]))
    x_, y_, change = (torch.tensor(np.stack(one), dtype=torch.float32) for one in (xs, ys, changes))
    return Windows(x_, y_, change, tuple(years))


def trade(
    market: str,
    told: WeeklyData,
    seeds: tuple[int, ...],
    updates: int,
    cost: float,
    done: int,
    total: int,
) -> Steps[dict[str, Traded]]:
    """Train each method on all windows with all seeds and strengths at once; trade the best.

    `cost` is % of the value for each change from one side to the other.
    """
    parts = windows(told)
    found: dict[str, Traded] = {}
    for name, strengths in STRENGTHS.items():
        said = yield from _said(name, strengths, parts, seeds, updates, done, total)
        sides = _chosen(said, parts, cost)[..., -TRY:].sign().movedim(1, 0)  # (R,V,TRY)
        found[name] = traded(sides.flatten(1).double().numpy(), parts, cost)
        yield LabProgress(done, total, f"{name}, stocks", points=_points(market, found, parts))
    weeks = parts.change.numel()
    for name, side in ((ALWAYS, 1.0), (NEVER, 0.0)):
        found[name] = traded(np.full((len(seeds), weeks), side), parts, cost)
    yield LabProgress(done, total, "stocks", points=_points(market, found, parts))
    return found


def traded(sides: Array, parts: Windows, cost: float) -> Traded:
    """Gains of `sides` (R,W): 1 where the market is held, -1 where sold short, 0 neither."""
    real = parts.change.flatten().double().numpy()
    turned = np.abs(np.diff(sides, prepend=sides[:, :1], axis=1)) / 2
    gain = sides * real - cost * turned
    silent = np.isnan(sides) | (sides == 0)
    right = np.where(silent, np.nan, np.sign(sides) == np.sign(real))
    return Traded(gain, right, 100 * (sides * real).sum(1) / np.abs(real).sum())


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
    optimiser = Adam(own, RATE, fused=True)

    def loss(logits: Tensor, _: Tensor) -> Tensor:
        return (logits[..., 0] - learn_y).square().mean(1)

    def cost(at: Stack) -> Tensor:
        error = loss(at(learn_x), every)
        if name == "weight decay":
            return error + power * eliminated(at)
        if name == "flat minimum search":
            return error + power * precision(at, learn_x)
        return error

    for update in range(updates):
        uphill = climb_of(stack, loss, learn_x, every, 1.0) if name == "SAM" else []
        uphill = [power[:, None, None] * one for one in uphill]
        with torch.no_grad():
            for one, step in zip(own, uphill, strict=False):
                one.add_(step)
        optimiser.clear()
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


def eliminated(stack: Stack) -> Tensor:
    """Weigend, Rumelhart & Huberman 1991: sum of (w/w0)^2 / (1 + (w/w0)^2), of each network, (R,).

    Unlike the sum of squares it lets a weight that is large be as large as it is.
    """
    squares = [(one / SMALL_WEIGHT).square() for one in stack.parameters()]
    return torch.stack([(one / (1 + one)).sum((1, 2)) for one in squares]).sum(0)


def _chosen(said: Tensor, parts: Windows, cost: float) -> Tensor:
    """Of each window the strength that gained most in the weeks to choose on, (V,R,weeks)."""
    part = slice(LEARN, LEARN + CHOOSE)
    sides = said[..., part].sign()
    turned = sides.diff(dim=-1).abs().sum(-1) / 2
    # Costs are % of the value, targets deviations of the weeks learnt.
    scale = parts.change.std(1) / parts.y[:, -TRY:].std(1)
    gain = (sides * parts.y[:, None, None, part]).sum(-1) * scale[:, None, None] - cost * turned
    best = gain.nanmean(2).nan_to_num(-torch.inf).argmax(1)
    return said[torch.arange(len(said)), best]


def _points(market: str, found: Mapping[str, Traded], parts: Windows) -> tuple[Point, ...]:
    """What each has gained in all by the end of each window."""
    name, one = list(found.items())[-1] if found else ("", None)
    if one is None:
        return ()
    names = (ALWAYS, NEVER) if name == NEVER else (name,)
    points = []
    for each in names:
        ends = found[each].gain.cumsum(1)[:, TRY - 1 :: TRY]
        points.append(Point(market, each, parts.year[0] - TRY / 52, (0.0,) * len(ends)))
        points += [
            Point(market, each, year, tuple(ends[:, place].tolist()))
            for place, year in enumerate(parts.year)
        ]
    return tuple(points)
