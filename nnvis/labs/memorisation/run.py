"""True labels, chance labels and senseless pictures, learnt by the same network."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nnvis.labs.framework.drawing import chart
from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.memorisation.bundled import tuned
from nnvis.labs.memorisation.interpolate import interpolate
from nnvis.labs.memorisation.summary import CHANCE, RIGHT, Fitted, summarise
from nnvis.labs.memorisation.table import draw
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.corrupt import Spoiled, moved, spoil
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Steps

FEW = 700  # pictures of a quick run
FEW_PIECES, PIECES = 12, 40  # of each photograph, for the bundled network
TUNED = 40  # epochs after which it is given up
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class MemorisationCase:
    """One way to spoil the data or to hinder the learning."""

    name: str
    panel: str
    share: float = 0.0
    pixels: str = "kept"
    decay: float = 0.0
    dropout: float = 0.0
    slide: float = 0.0


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Learn every case with all seeds at once, until each has learnt all or time is up."""
    data = plan.data.first(FEW) if plan.quick else plan.data
    cases, hindered = _cases(plan)
    total = len(cases) * plan.whole("epochs")
    found: dict[str, Fitted] = {}
    for number, case in enumerate(cases):
        spoiled = spoil(
            data.train, data.labels, data.test, plan.seeds, share=case.share, pixels=case.pixels
        )
        look = data.are_pictures and (case.pixels != "kept" or not number)
        shown = (_look(case, spoiled, data.shape),) if look else ()
        yield LabProgress(number * plan.whole("epochs"), total, case.name, shown=shown)
        begun = number * plan.whole("epochs")
        found[case.name] = yield from _learn(plan, case, spoiled, data.shape, begun, total)
        fitted = found[case.name]
        if case.panel == "fit" and case.pixels == "kept":
            yield LabProgress(begun, total, case.name, points=_left(case, fitted))
    pictures = data.train.cpu()
    unique = torch.unique(pictures, dim=0, return_inverse=True)[1]
    first = torch.zeros(int(unique.max()) + 1, dtype=torch.long).scatter_(
        0, unique.flip(0), torch.arange(len(unique) - 1, -1, -1)
    )
    labels = spoil(pictures, data.labels, data.test, plan.seeds[:1], share=1.0).labels[0]
    written = interpolate(pictures[first], labels[first])
    right = float((written(pictures[first]).round().long() == labels[first]).float().mean())
    yield LabProgress(total, total, "written down")
    pieces = FEW_PIECES if plan.quick else PIECES
    bundled = yield from tuned(pieces, TUNED, plan["chance"] / 100, plan.seeds)
    title = (
        "Mean over seeds, and the numbers of the paper's table 1 (CIFAR-10) below. The bundled "
        "network learnt ImageNet, which is not here: its last stages go on learning from pieces of "
        f"photographs, {bundled.weights} weights from {bundled.pieces} pieces"
    )
    table = chart("table", title, draw, found, hindered, plan.whole("width"), bundled)
    yield LabProgress(total, total, "the table", shown=(table,))
    return summarise(
        found,
        hindered,
        len(data.classes),
        plan.whole("epochs"),
        len(data.train),
        written.size,
        right,
        bundled,
    )


def _cases(plan: LabPlan) -> tuple[list[MemorisationCase], dict[str, str]]:
    """All cases, and of those with regularisers the names, of chance to of true labels."""
    names = {0.0: RIGHT, 1.0: CHANCE}
    all_chance = plan["chance"] / 100
    cases = [
        MemorisationCase(
            names.get(share, f"{share:.0%} chance".replace("%", " %")), "fit", share * all_chance
        )
        for share in SHARES
    ]
    cases += [
        MemorisationCase("shuffled pixels", "fit", pixels="shuffled"),
        MemorisationCase("random pixels", "fit", pixels="random"),
        MemorisationCase("noise", "fit", pixels="noise"),
    ]
    regularised = {
        f"weight decay {plan['decay']:g}": MemorisationCase("", "", decay=plan["decay"]),
        f"dropout {plan['dropout']:g}": MemorisationCase("", "", dropout=plan["dropout"]),
    }
    if plan.data.are_pictures:
        sliding = MemorisationCase("", "", slide=plan["slide"])
        name = f"sliding {plan['slide']:g} pixels"
        regularised[name] = sliding
    hindered = {}
    for name, case in regularised.items():
        hindered[name] = f"{name}, true"
        cases += [
            replace(case, name=name, panel="hinder", share=all_chance),
            replace(case, name=hindered[name], panel="true"),
        ]
    return cases, hindered


def _learn(
    plan: LabPlan,
    case: MemorisationCase,
    data: Spoiled,
    shape: tuple[int, int, int],
    begun: int,
    total: int,
) -> Steps[Fitted]:
    seeds, labels = plan.seeds, data.labels
    classes = int(labels.max()) + 1
    batch = 128 if labels.shape[1] >= 1000 else 64
    widths = (data.train.shape[-1], plan.whole("width"), plan.whole("width"), classes)
    stack = build(widths, seeds, device=data.train.device)
    training = TrainingParameters(
        plan.whole("epochs"),
        batch,
        2e-3 * math.sqrt(batch / 64),
        "adam",
        decay=case.decay,
        dropout=case.dropout,
    )
    change = moved(shape, case.slide, sum(seeds)) if case.slide else None
    first = [math.nan] * len(seeds)
    right = [0.0] * len(seeds)
    halves: list[tuple[list[float], list[float]]] = []
    for epoch in fit(stack, data.train, labelled(labels), training, seeds, change=change):
        right = accuracy(stack, data.train, labels).tolist()
        for place, one in enumerate(right):
            if one == 1 and math.isnan(first[place]):
                first[place] = epoch
        values = tuple(100 * one for one in right)
        halves.append(_halves(stack, data.test, plan.data.test_labels))
        if case.panel == "true":
            values = tuple(50 * (a + b) for a, b in zip(*halves[-1], strict=True))
        point = Point(case.panel, case.name, epoch, values)
        yield LabProgress(begun + epoch, total, case.name, points=(point,))
        if not any(math.isnan(one) for one in first) or all(math.isnan(one) for one in right):
            break
    tested = accuracy(stack, data.test, plan.data.test_labels).tolist()
    return Fitted(
        tuple(100 * one for one in right),
        tuple(first),
        tuple(100 * one for one in tested),
        *_stopped(halves),
    )


def _halves(stack: Stack, test: Tensor, labels: Tensor) -> tuple[list[float], list[float]]:
    """Right (0..1) of each half of the new samples, a value a seed."""
    half = len(labels) // 2
    return (
        accuracy(stack, test[..., :half, :], labels[:half]).tolist(),
        accuracy(stack, test[..., half:, :], labels[half:]).tolist(),
    )


def _stopped(
    halves: list[tuple[list[float], list[float]]],
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """% right of the second half at the epoch best on the first, and at the end."""
    stopped = []
    for place in range(len(halves[0][0])):
        first = [one[0][place] for one in halves]
        stopped.append(100 * halves[first.index(max(first))][1][place])
    return tuple(stopped), tuple(100 * one for one in halves[-1][1])


def _left(case: MemorisationCase, fitted: Fitted) -> tuple[Point, ...]:
    share = 100 * case.share
    return (
        Point("share", "new samples", share, fitted.tested),
        Point("share", "training samples", share, fitted.learnt),
        Point("time", "until all are right", share, fitted.epochs),
    )


def _look(case: MemorisationCase, data: Spoiled, shape: tuple[int, int, int]) -> LabPicture:
    pictures = data.train if data.train.ndim == 2 else data.train[0]
    name = case.pixels if case.pixels != "kept" else "pictures"
    title = "The pictures as they are" if name == "pictures" else f"The same with {case.name}"
    if case.pixels == "noise":
        title = "Noise in place of pictures"
    return LabPicture(name, title, tiles(pictures[None, :12], shape))
