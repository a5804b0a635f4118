"""Networks in batches of two sizes and by four methods, stopped at one loss, and how flat it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.datasets.data import Data
from nnvis.labs.flat_minima.optimisers import descend, sharpness_aware
from nnvis.labs.flat_minima.sharpness import (
    EPSILONS,
    Climbed,
    everything,
    in_subspace,
    of_stack,
)
from nnvis.labs.flat_minima.stock_data import MARKETS, MISSING, opened, read
from nnvis.labs.flat_minima.stock_experiment import Traded, trade
from nnvis.labs.flat_minima.summary import (
    BACK,
    DECAY,
    FMS,
    LARGE,
    SAM,
    SCALED,
    SMALL,
    WARM,
    Solved,
    summarise,
)
from nnvis.labs.flat_minima.train_to_loss import Move, reach
from nnvis.labs.framework.outcome import LabOutcome, LabProgress, Point
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.corrupt import spoil
from nnvis.labs.training.fit import Loss, accuracy, labelled
from nnvis.labs.training.interpolate import blend, shaped
from nnvis.progress import Steps

FEW = 600  # pictures of a quick run
RATE = 2e-3
USUAL = 32  # pictures in a batch of the methods
FASTEST = 0.02  # rate of Adam; the square root of the batch is the modern rule (Malladi 2022)
WARM_EPOCHS = 2  # in small batches, before large ones go on
BOXES = (*sorted(EPSILONS), 2e-3)
REACH, PLACES = 3.0, 41  # of the cuts, the reach in boxes


@dataclass(frozen=True)
class FlatCase:
    """One way to train."""

    name: str
    batch: int
    decay: float = 0.0
    flatten: float = 0.0
    rho: float = 0.0
    rate: float = RATE
    warm: bool = False  # goes on from where small batches have come

    def move(self, stack: Stack, loss: Loss) -> Move:
        """Its step."""
        if self.rho:
            return sharpness_aware(stack, loss, self.rate, rho=self.rho)
        return descend(stack, loss, self.rate, decay=self.decay, strength=self.flatten)


@dataclass(frozen=True)
class FlatTask:
    """What all cases learn."""

    data: Data
    loss: Loss


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Train every case to the same loss, then look around each solution."""
    data = plan.data.first(FEW) if plan.quick else plan.data
    spoiled = spoil(data.train, data.labels, data.test, plan.seeds, share=plan["chance"] / 100)
    task = FlatTask(data, labelled(spoiled.labels))
    cases = _cases(plan, len(data.train))
    total = len(cases) + 3
    stacks: dict[str, Stack] = {}
    solved: dict[str, Solved] = {}
    for number, case in enumerate(cases):
        stacks[case.name], losses = yield from _learn(plan, task, case, number, total)
        solved[case.name] = yield from _measure(
            plan, task, case, stacks[case.name], losses, number + 1, total
        )
    yield from _between(stacks[SMALL], stacks[LARGE], task, len(cases), total)
    markets: dict[str, dict[str, Traded]] = {}
    missing = bool(plan["stocks"]) and not opened()
    if plan["stocks"] and not missing:
        for place, market in enumerate(MARKETS):
            done = total - len(MARKETS) + place
            yield LabProgress(done, total, f"opening the {MARKETS[market]}")
            markets[market] = yield from trade(
                market, read(market), plan.seeds, plan.whole("stocks"), plan["cost"], done, total
            )
    yield LabProgress(total, total, "measured")
    return summarise(solved, plan["target"], markets, MISSING if missing else "")


def _cases(plan: LabPlan, count: int) -> list[FlatCase]:
    usual = min(USUAL, max(count // 4, 1))
    small, large = min(plan.whole("small"), count), min(plan.whole("large"), count)
    return [
        FlatCase(SMALL, small),
        FlatCase(LARGE, large),
        FlatCase(WARM, large, warm=True),
        FlatCase(SCALED, large, rate=min(RATE * math.sqrt(large / small), FASTEST)),
        FlatCase(BACK, usual),
        FlatCase(DECAY, usual, decay=plan["decay"]),
        FlatCase(FMS, usual, flatten=plan["flatten"]),
        FlatCase(SAM, usual, rho=plan["rho"]),
    ]


def _learn(
    plan: LabPlan, task: FlatTask, case: FlatCase, number: int, total: int
) -> Steps[tuple[Stack, Tensor]]:
    data, hidden = task.data, plan.whole("width")
    widths = (data.train.shape[1], hidden, hidden, len(data.classes))
    stack = build(widths, plan.seeds, device=data.train.device)
    count, losses, said = len(data.train), torch.full((len(plan.seeds),), math.nan), 0.0
    if case.warm:
        small = _cases(plan, count)[0]
        for _ in reach(
            stack, data.train, task.loss, small.move(stack, task.loss), plan.seeds,
            batch=small.batch, target=plan["target"],
            updates=WARM_EPOCHS * math.ceil(count / small.batch), every=10,
        ):  # fmt: skip
            yield LabProgress(number, total, f"{case.name}, small batches first")
    every = 1 if 4 * case.batch > count else 10
    most = plan.whole("updates")
    steps = reach(
        stack, data.train, task.loss, case.move(stack, task.loss), plan.seeds,
        batch=case.batch, target=plan["target"], updates=most, every=every,
    )  # fmt: skip
    for way in steps:
        losses, epoch = way.loss, way.updates * case.batch / count
        points: tuple[Point, ...] = ()
        if epoch > 1.04 * said or bool(way.arrived.all()):  # evenly on a scale of factors
            said = epoch
            points = (Point("learn", case.name, epoch, tuple(way.loss.tolist())),)
        yield LabProgress(number, total, f"{case.name}, update {way.updates}", points=points)
    return stack, losses


def _measure(
    plan: LabPlan,
    task: FlatTask,
    case: FlatCase,
    stack: Stack,
    losses: Tensor,
    done: int,
    total: int,
) -> Steps[Solved]:
    data = task.data
    arrived = (losses <= plan["target"]).cpu()
    right = tuple(100 * one for one in accuracy(stack, data.test, data.test_labels).tolist())
    yield LabProgress(
        done, total, case.name, points=(Point("right", case.name, case.batch, right),)
    )
    sharp: dict[float, tuple[float, ...]] = {}
    for box in BOXES:
        found = yield from of_stack(stack, data.train, task.loss, box)
        # One that was stopped earlier cannot be compared.
        sharp[box] = tuple(torch.where(arrived, found.sharpness.cpu(), torch.nan).tolist())
        yield LabProgress(
            done, total, f"{case.name}, sharpness",
            points=(Point("sharp", case.name, box, sharp[box]),),
        )  # fmt: skip
        if box == EPSILONS[0]:
            yield from _cut(stack, found, task, case, done, total)
    few = yield from in_subspace(stack, data.train, task.loss, EPSILONS[0], plan.seeds[0])
    subspace = tuple(torch.where(arrived, few.cpu(), torch.nan).tolist())
    return Solved(
        case.batch, tuple(losses.tolist()), tuple(arrived.tolist()), right, sharp, subspace
    )


def _cut(
    stack: Stack, top: Climbed, task: FlatTask, case: FlatCase, done: int, total: int
) -> Steps[None]:
    """Along the line through the solution and the highest place of its box, beyond the box too."""
    step = shaped(top.step.to(task.data.train.dtype), stack)
    for place in range(PLACES):
        t = 2 * REACH * place / (PLACES - 1) - REACH
        now = _along(stack, step, (1.0, t), task)
        points = (Point("slice", case.name, t, tuple(now.tolist())),)
        yield LabProgress(done, total, f"{case.name}, a cut", points=points)


def _between(small: Stack, large: Stack, task: FlatTask, done: int, total: int) -> Steps[None]:
    """Keskar 2017, fig. 3: the straight line through both, beyond each end too."""
    for place in range(PLACES):
        t = 2 * place / (PLACES - 1) - 0.5
        now = _along(small, large, (1 - t, t), task)
        shares = torch.tensor([[1 - t, t]] * small.runs).to(task.data.train)
        mixed = blend([small, large], shares)
        right = accuracy(mixed, task.data.test, task.data.test_labels)
        points = (
            Point("between", "training loss", t, tuple(now.tolist())),
            Point("between-right", "new pictures", t, tuple((100 * right).tolist())),
        )
        yield LabProgress(done, total, "between both solutions", points=points)


def _along(first: Stack, other: Stack, shares: tuple[float, float], task: FlatTask) -> Tensor:
    """The training loss of shares[0] first + shares[1] other, (R,)."""
    x = task.data.train
    mixed = torch.tensor([shares] * first.runs, device=x.device, dtype=x.dtype)
    with torch.no_grad():
        return task.loss(blend([first, other], mixed)(x), everything(first, x))
