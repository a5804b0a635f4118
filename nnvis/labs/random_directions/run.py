"""Units, random directions and chance, while a network learns."""

from __future__ import annotations

import torch

from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.random_directions.summary import Coherence, summarise
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.coherence import ANSWERS, drawn, furthest, likeness, purity
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Steps

KINDS = {"unit": "units", "random": "random directions", "chance": "pictures by chance"}
GAP = 4  # pixels
ROWS = 10  # of each kind in the guessing game, where there are so many


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Measure before learning and after every epoch, in the last hidden layer."""
    data, seeds = plan.data, plan.seeds
    epochs = 15 if plan.quick else 40
    width = plan.whole("width")
    widths = (data.train.shape[1], width, width, len(data.classes))
    stack = build(widths, seeds, device=data.train.device)
    found = _measure(plan, stack)
    yield LabProgress(0, epochs, "before learning", points=_points(found, 0))
    training = TrainingParameters(epochs, 32, 2e-3, "adam")
    for epoch in fit(stack, data.train, labelled(data.labels), training, seeds):
        found = _measure(plan, stack)
        yield LabProgress(epoch, epochs, "learning", points=_points(found, epoch))
    right = [100 * one for one in accuracy(stack, data.test, data.test_labels).tolist()]
    yield LabProgress(epochs, epochs, "looking", shown=(_game(plan, stack),))
    return summarise(found, tuple(right))


def _measure(plan: LabPlan, stack: Stack) -> dict[str, Coherence]:
    data, top = plan.data, min(plan.whole("top"), len(plan.data.test))
    with torch.no_grad():
        hidden = stack.layers(data.test)[-2]
    rows: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in KINDS}
    for run_, seed in enumerate(plan.seeds):
        for kind in KINDS:
            chosen = _chosen(kind, hidden[run_], top, seed)
            alike = likeness(data.test, chosen)
            pure = purity(data.test_labels, chosen).mean()
            row = (float(alike.mean()), float(alike.std()), 100 * float(pure))
            rows[kind].append(row if bool(hidden[run_].isfinite().all()) else (torch.nan,) * 3)
    return {kind: Coherence(*zip(*row, strict=True)) for kind, row in rows.items()}


def _chosen(kind: str, hidden: torch.Tensor, top: int, seed: int) -> torch.Tensor:
    """The top pictures (Q,top) of as many directions of a kind as the layer has units that fire."""
    die = torch.Generator().manual_seed(1009 * seed + 5)
    fires = hidden.std(0) > 0
    count = max(int(fires.sum()), 2)
    if kind == "chance":
        sets = [torch.randperm(len(hidden), generator=die)[:top] for _ in range(count)]
        return torch.stack(sets).to(hidden.device)
    if kind == "random":
        return furthest(hidden, drawn(count, hidden.shape[1], die).to(hidden), top)
    return furthest(hidden, torch.eye(hidden.shape[1]).to(hidden)[:, fires], top)


def _points(found: dict[str, Coherence], epoch: int) -> tuple[Point, ...]:
    return tuple(
        point
        for kind, one in found.items()
        for point in (
            Point("learn", KINDS[kind], epoch, one.alike),
            Point("class", KINDS[kind], epoch, one.pure),
        )
    )


def _game(plan: LabPlan, stack: Stack) -> LabPicture:
    """Rows of top pictures in an order of chance: which of them are units?"""
    data = plan.data
    top = min(plan.whole("top"), len(data.test))
    with torch.no_grad():
        hidden = stack.layers(data.test)[-2][0]
    die = torch.Generator().manual_seed(plan.seeds[0])
    rows = []
    for kind in ("unit", "random"):
        chosen = _chosen(kind, hidden, top, plan.seeds[0])
        order = torch.randperm(len(chosen), generator=die)[:ROWS]
        rows += [(kind, data.test[chosen[place]]) for place in order.tolist()]
    rows = [rows[place] for place in torch.randperm(len(rows), generator=die).tolist()]
    sheet = tiles([row for _, row in rows], data.shape, gap=GAP)[:-GAP]  # each row below a gap
    answers = tuple(ANSWERS[kind] for kind, _ in rows)
    return LabPicture("game", "Which rows are units, which random directions?", sheet, answers)
