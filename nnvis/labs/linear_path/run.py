"""Several kinds of networks, the lines to their solutions, and the ways between two solutions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.datasets.data import Data
from nnvis.labs.framework.drawing import chart
from nnvis.labs.framework.outcome import LabOutcome, LabProgress, Point
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.linear_path.mode_connectivity import bend, between, bezier, straight
from nnvis.labs.linear_path.plane import axes, cut, draw
from nnvis.labs.linear_path.summary import POOR, RESIDUAL, Joined, Walked, summarise
from nnvis.labs.training.batched_convnet import build_convolutional
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.labs.training.interpolate import barrier, blend, flat, losses, rise
from nnvis.progress import Steps

FEW = 2000  # pictures of a quick run
PLACES = 51  # on the line from 0 to 1
BEYOND = 10  # places further on, and as many before
ON_CURVE = 41
OTHER = 100_003  # added to a seed: the second solution


@dataclass(frozen=True)
class PathCase:
    """One kind of network and how it is trained."""

    name: str
    activation: str = "relu"
    method: str = "sgd"
    rate: float = 0.1
    dropout: float = 0.0
    start: str = "torch"
    deeper: int = 0  # hidden layers more than asked for
    known: int = 0  # samples that it has learnt before it starts
    convolutional: bool = False  # residual blocks of convolutions, for half of the epochs

    def epochs(self, plan: LabPlan) -> int:
        """Of training."""
        return -(-plan.whole("epochs") // 2) if self.convolutional else plan.whole("epochs")


CASES = (
    PathCase("ReLU"),
    PathCase("ReLU, dropout 0.5", dropout=0.5),
    PathCase("ReLU, Adam", method="adam", rate=3e-3),
    PathCase("sigmoid", "sigmoid", rate=0.5, start="glorot"),
    PathCase("maxout", "maxout"),
    PathCase("residual", "residual", deeper=6, rate=0.03),
    PathCase("residual, convolutional", rate=0.1, convolutional=True),
    PathCase("residual, convolutional, Adam", method="adam", rate=3e-3, convolutional=True),
    # A start that knows a little already, left in steps that are five times as long: looked for,
    # so that there is a hill for the lab to find.
    PathCase(POOR, known=200, rate=0.5),
)
EARLIER = TrainingParameters(60, 32, 1e-3, "adam")  # of what is known before the start


@dataclass(frozen=True)
class Trained:
    """A stack before and after, and the weights of the first network on the way, (E,P)."""

    start: Stack
    end: Stack
    path: Tensor


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Train each kind with all seeds, walk the lines, then bend a curve between solutions."""
    data, runs = _data(plan), len(plan.seeds)
    cases = [one for one in CASES if data.are_pictures or not one.convolutional]
    total = sum(one.epochs(plan) for one in cases) + plan.whole("bend")
    walked: dict[str, Walked] = {}
    plain: Trained | None = None
    for number, case in enumerate(cases):
        # Of the first kind a second solution is needed, from another start.
        seeds = plan.seeds if number else (*plan.seeds, *(seed + OTHER for seed in plan.seeds))
        begun = sum(one.epochs(plan) for one in cases[:number])
        trained = yield from _learn(plan, case, seeds, begun, total)
        plain = plain or trained
        own = range(runs)
        walked[case.name] = yield from _walk(
            plan, case, trained.start.pick(own), trained.end.pick(own), begun, total
        )
    assert plain is not None
    yield from _show_way(plain, data.train, data.labels, total)
    joined = yield from _join(
        plan, plain.end.pick(range(runs)), plain.end.pick(range(runs, 2 * runs)), total
    )
    yield LabProgress(total, total, "measured")
    return summarise(walked, joined)


def _data(plan: LabPlan) -> Data:
    return plan.data.first(FEW) if plan.quick else plan.data


def _new(plan: LabPlan, case: PathCase, data: Data, seeds: tuple[int, ...]) -> Stack:
    device = data.train.device
    if case.convolutional:
        return build_convolutional(data.shape, len(data.classes), seeds, device=device)
    hidden = [plan.whole("width")] * (plan.whole("depth") + case.deeper)
    widths = (data.train.shape[1], *hidden, len(data.classes))
    return build(widths, seeds, activation=case.activation, start=case.start, device=device)


def _learn(
    plan: LabPlan, case: PathCase, seeds: tuple[int, ...], begun: int, total: int
) -> Steps[Trained]:
    data = _data(plan)
    stack = _new(plan, case, data, seeds)
    if case.known:
        few = data.first(case.known)
        for _ in fit(stack, few.train, labelled(few.labels), EARLIER, seeds):
            yield LabProgress(begun, total, f"{case.name}: what it knows before")
    start, path = stack.copy(), [flat(stack)[0]]
    training = TrainingParameters(
        case.epochs(plan), 32, case.rate, case.method, dropout=case.dropout
    )
    runs = len(plan.seeds)
    for epoch in fit(stack, data.train, labelled(data.labels), training, seeds):
        path.append(flat(stack)[0])
        now = losses(stack, data.train, data.labels)[:runs].tolist()
        point = Point("learn", case.name, epoch, tuple(now))
        yield LabProgress(begun + epoch, total, case.name, points=(point,))
    return Trained(start, stack, torch.stack(path))


def _walk(
    plan: LabPlan, case: PathCase, start: Stack, end: Stack, begun: int, total: int
) -> Steps[Walked]:
    """Measure on the line, and a little before and beyond it."""
    data = _data(plan)
    seen: list[list[float]] = []
    done = begun + case.epochs(plan)
    residual = case.name.startswith(RESIDUAL)
    panel, beyond = ("obstacle", 0) if case.known else ("residual" if residual else "line", BEYOND)
    for place in range(-beyond, PLACES + beyond):
        t = place / (PLACES - 1)
        shares = straight(torch.full((start.runs,), t, device=data.train.device))
        now = losses(blend([start, end], shares), data.train, data.labels).tolist()
        if 0 <= place < PLACES:
            seen.append(now)
        yield LabProgress(
            done, total, f"{case.name}, on the line",
            points=(Point(panel, case.name, t, tuple(now)),),
        )  # fmt: skip
    curves = list(zip(*seen, strict=True))
    return Walked(
        tuple(100 * rise(one) for one in curves),
        tuple(one[0] for one in curves),
        tuple(one[-1] for one in curves),
        tuple(100 * one for one in accuracy(end, data.test, data.test_labels).tolist()),
    )


def _show_way(trained: Trained, x: Tensor, labels: Tensor, total: int) -> Steps[None]:
    first, last = trained.start.pick([0]), trained.end.pick([0])
    if not bool(trained.path.isfinite().all()):
        return
    plane = axes(first, last, trained.path)
    surface = yield from cut(plane, x, labels)
    title = (
        "The loss around the straight line (dashed) and the way that the first seed's network took "
        f"(white, dropped onto the plane, which holds {100 * plane.kept:.0f} % of its detour)"
    )
    picture = chart(
        "way", title, draw, surface, plane.path, ("start", "solution"),
        across="share of the way", up="detour, in lengths of the way",
    )  # fmt: skip
    yield LabProgress(total, total, "on the line", shown=(picture,))


def _join(plan: LabPlan, first: Stack, last: Stack, total: int) -> Steps[Joined]:
    data = _data(plan)
    free = between(first, last)
    done = total - plan.whole("bend")
    for epoch in bend(
        first, free, last, data.train, labelled(data.labels), plan.seeds, epochs=plan.whole("bend")
    ):
        yield LabProgress(done + epoch, total, "bending a curve between two solutions")
    line, _ = yield from _measure(plan, "straight", [first, last], straight, total)
    curve, right = yield from _measure(plan, "curve", [first, free, last], bezier, total)
    yield from _show_curve(plan, first, free, last, total)
    return Joined(
        tuple(barrier(one) for one in line),
        tuple(barrier(one) for one in curve),
        tuple(min(one) for one in right),
    )


def _measure(
    plan: LabPlan, name: str, stacks: list[Stack], way: Callable[[Tensor], Tensor], total: int
) -> Steps[tuple[list[tuple[float, ...]], list[tuple[float, ...]]]]:
    """Loss, and new pictures right (%), of each seed along a way."""
    data = _data(plan)
    seen, right = [], []
    for place in range(ON_CURVE):
        t = place / (ON_CURVE - 1)
        shares = way(torch.full((len(plan.seeds),), t, device=data.train.device))
        here = blend(stacks, shares)
        now = tuple(losses(here, data.train, data.labels).tolist())
        good = tuple(100 * one for one in accuracy(here, data.test, data.test_labels).tolist())
        seen.append(now)
        right.append(good)
        points = (Point("between", name, t, now), Point("right", name, t, good))
        yield LabProgress(total, total, f"on the way between solutions, {name}", points=points)
    return list(zip(*seen, strict=True)), list(zip(*right, strict=True))


def _show_curve(plan: LabPlan, first: Stack, free: Stack, last: Stack, total: int) -> Steps[None]:
    data = _data(plan)
    one, middle, other = (stack.pick([0]) for stack in (first, free, last))
    ends = [flat(stack)[0] for stack in (one, middle, other)]
    if not bool(torch.stack(ends).isfinite().all()):
        return
    t = torch.linspace(0, 1, 101, device=ends[0].device)
    path = bezier(t) @ torch.stack(ends)
    plane = axes(one, other, path)
    surface = yield from cut(plane, data.train, data.labels)
    title = "The loss in the plane of two solutions and the curve around the hill between them"
    picture = chart(
        "curve", title, draw, surface, plane.path, ("one solution", "another"),
        across="share of the way", up="bend, in lengths of the way",
    )  # fmt: skip
    yield LabProgress(total, total, "between solutions", shown=(picture,))
