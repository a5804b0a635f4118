"""Random and pre-trained starts over depth and labels, filters, and the scale of the start."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import signed, tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.pretraining.pretrain import KINDS, Layer, begin_from, pretrain
from nnvis.labs.pretraining.scale import passes
from nnvis.labs.pretraining.summary import STARTS, Cell, Table, summarise
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Steps

WATCHED = 3  # the depth whose learning is drawn
MOMENTS = (2, 4, 8, 14, 24, 40, 64, 100)  # epochs at which what it answers is kept
ASKED = 200  # test pictures of which that is told
SCALES = (0.5, 1.0, 1.5, 2.5)
LAYERS = 20


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Teach layers once for all depths, then learn each depth from each start; then narrower."""
    depth, usual = plan.whole("depth"), plan.whole("width")
    few, many = plan.whole("labels"), len(plan.data.labels)
    epochs = {few: 100, many: 20 if plan.quick else 40}
    narrow = max(usual // 4, 5)
    cells = [(usual, few, deep) for deep in range(1, depth + 1)]
    cells += [(usual, many, deep) for deep in ((1, depth) if plan.quick else range(1, depth + 1))]
    cells += [(narrow, few, depth)]
    total = 40 * depth + sum(epochs[labels] for _, labels, _ in cells)
    taught = {usual: (yield from _taught(plan, usual, 0, total))}
    taught[narrow] = yield from _taught(plan, narrow, 20 * depth, total)
    done, table = 40 * depth, Table()
    for cell in cells:
        width, labels, deep = cell
        found = yield from _learn(plan, cell, taught[width], epochs[labels], done, total)
        done += epochs[labels]
        table |= {(*cell, name): errors for name, errors in found.items()}
        panel, x = ("few" if labels == few else "many"), deep
        points = (
            [Point(panel, name, x, found[name][0]) for name in STARTS] if width == usual else []
        )
        if (labels, deep) == (few, depth):
            points += [Point("widths", name, width, found[name][0]) for name in STARTS]
        yield LabProgress(done, total, "learning", points=tuple(points))
    yield LabProgress(total, total, "scale of the start", points=_scale(plan))
    return summarise(table, usual, few, many)


def _taught(plan: LabPlan, width: int, done: int, total: int) -> Steps[dict[str, list[Layer]]]:
    """The layers of both kinds; without epochs they are the random ones they began as."""
    data, depth = plan.data, plan.whole("depth")
    widths = [width] * depth
    found: dict[str, list[Layer]] = {}
    for kind, words in zip(KINDS, ("Boltzmann machines", "denoising autoencoders"), strict=True):
        found[kind] = []
        for layer in pretrain(kind, data.train, widths, plan.seeds, epochs=plan.whole("epochs")):
            found[kind].append(layer)
            place = KINDS.index(kind) * depth + len(found[kind])
            shown: tuple[LabPicture, ...] = ()
            if len(found[kind]) == 1 and width == plan.whole("width"):
                filters = signed(layer.weight[0].T[:24])
                if data.shape[0] == 1 and data.are_pictures:
                    picture = tiles(filters.view(2, -1, filters.shape[1]), data.shape)
                    shown = (LabPicture(kind, f"First-layer filters of {words}", picture),)
            yield LabProgress(done + 10 * place, total, f"{words} look at samples", shown=shown)
    return found


def _learn(
    plan: LabPlan,
    cell: tuple[int, int, int],
    layers: dict[str, list[Layer]],
    epochs: int,
    done: int,
    total: int,
) -> Steps[dict[str, Cell]]:
    """All starts and seeds as one stack. The labelled pictures are the same for all seeds.

    So the spread over seeds is that of the start, as in the paper, and not that of the draw.
    """
    data, seeds = plan.data, plan.seeds
    width, count, deep = cell
    widths = (data.train.shape[1], *[width] * deep, len(data.classes))
    stack = _starts(widths, plan, layers, deep)
    runs = list(seeds) * len(STARTS)
    few = count < len(data.train)
    x, labels = data.train[:count], data.labels[:count]
    training = TrainingParameters(epochs, 16 if few else 32, 2e-3, "adam")
    note = f"{deep} hidden {'layer' if deep == 1 else 'layers'}, {len(x)} labels"
    errors: dict[str, tuple[float, ...]] = {}
    learnt: dict[str, tuple[float, ...]] = {}
    answers: list[Tensor] = []
    for epoch in fit(stack, x, labelled(labels), training, runs):
        points: tuple[Point, ...] = ()
        drawn = few and deep == WATCHED and width == plan.whole("width") and epoch % 2 == 0
        if drawn or epoch == epochs:
            errors = _errors(stack, data.test, data.test_labels)
            learnt = _errors(stack, x, labels)
            if drawn:
                points = tuple(Point("learn", name, epoch, errors[name]) for name in STARTS)
            if drawn and epoch in MOMENTS:
                with torch.no_grad():
                    answers.append(torch.softmax(stack(data.test[:ASKED]), -1))
        yield LabProgress(done + epoch, total, note, points=points)
    if answers:
        # Only now: scikit-learn takes its time to open.
        from nnvis.labs.pretraining.function_space import draw_paths, laid_out

        picture = draw_paths(laid_out(answers), STARTS)
        title = f"Where networks of {deep} hidden layers go while they learn"
        yield LabProgress(done + epochs, total, note, shown=(LabPicture("paths", title, picture),))
    return {name: (errors[name], learnt[name]) for name in STARTS}


def _errors(stack: Stack, x: Tensor, labels: Tensor) -> dict[str, tuple[float, ...]]:
    """% wrong of each start, a value a seed."""
    scores = accuracy(stack, x, labels).view(len(STARTS), -1).tolist()
    return {
        name: tuple(100 * (1 - one) for one in row)
        for name, row in zip(STARTS, scores, strict=True)
    }


def _starts(
    widths: tuple[int, ...], plan: LabPlan, layers: dict[str, list[Layer]], deep: int
) -> Stack:
    device = plan.data.train.device
    random = build(widths, plan.seeds, activation="sigmoid", start="classic", device=device)
    glorot = build(widths, plan.seeds, activation="sigmoid", start="glorot", device=device)
    together = random.join(glorot)
    for kind in KINDS:
        taught = random.copy()
        begin_from(taught, layers[kind][:deep])
        together = together.join(taught)
    return together


def _scale(plan: LabPlan) -> tuple[Point, ...]:
    """Two pictures through deep tanh networks of several scales."""
    pair = _apart(plan.data.train)
    points = []
    for scale in SCALES:
        rows = [passes(pair, scale, LAYERS, 300, seed) for seed in plan.seeds]
        for layer in range(LAYERS + 1):
            squares = tuple(float(one[0][layer]) for one in rows)
            alike = tuple(float(one[1][layer]) for one in rows)
            points += [
                Point("scale", f"{scale:g}", layer, squares),
                Point("alike", f"{scale:g}", layer, alike),
            ]
    return tuple(points)


def _apart(x: Tensor) -> Tensor:
    """Two pictures, each of mean zero and mean square one."""
    pair = x[:2].cpu()
    pair = pair - pair.mean(1, keepdim=True)
    return pair / pair.pow(2).mean(1, keepdim=True).sqrt()
