"""Random and pre-trained starts over depth and labels, filters, and the scale of the start."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.labs.framework.outcome import LabOutcome, LabPicture, LabProgress, Point
from nnvis.labs.framework.picture_figure import signed, tiles
from nnvis.labs.framework.plan import LabPlan
from nnvis.labs.pretraining.pretrain import KINDS, Layer, begin_from, pretrain
from nnvis.labs.pretraining.scale import passes
from nnvis.labs.pretraining.summary import STARTS, Table, summarise
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Steps

WATCHED = 3  # the depth whose learning is drawn
MOMENTS = (2, 4, 8, 14, 24, 40, 64, 100)  # epochs at which what it answers is kept
ASKED = 200  # test pictures of which that is told
SCALES = (0.5, 1.0, 1.5, 2.5)
LAYERS = 20


def run(plan: LabPlan) -> Steps[LabOutcome]:
    """Teach layers once for all depths, then learn each depth from each start."""
    depth = plan.whole("depth")
    depths = range(1, depth + 1)
    epochs = {"few": 100, "many": 20 if plan.quick else 40}
    total = 20 * depth + sum(epochs.values()) * depth
    layers = yield from _taught(plan, total)
    done = 20 * depth
    table: Table = {}
    for panel in ("few", "many"):
        for deep in (1, depth) if plan.quick and panel == "many" else depths:
            errors = yield from _learn(plan, panel, deep, layers, epochs[panel], done, total)
            done += epochs[panel]
            points = tuple(Point(panel, name, deep, errors[name]) for name in STARTS)
            yield LabProgress(done, total, "learning", points=points)
            for name, values in errors.items():
                table[panel, deep, name] = values
    yield LabProgress(total, total, "scale of the start", points=_scale(plan))
    return summarise(table, plan.whole("labels"), len(plan.data.labels))


def _taught(plan: LabPlan, total: int) -> Steps[dict[str, list[Layer]]]:
    data, depth = plan.data, plan.whole("depth")
    widths = [plan.whole("width")] * depth
    found: dict[str, list[Layer]] = {}
    for kind, words in zip(KINDS, ("Boltzmann machines", "denoising autoencoders"), strict=True):
        found[kind] = []
        for layer in pretrain(kind, data.train, widths, plan.seeds, epochs=plan.whole("epochs")):
            found[kind].append(layer)
            place = KINDS.index(kind) * depth + len(found[kind])
            shown: tuple[LabPicture, ...] = ()
            if len(found[kind]) == 1:
                filters = signed(layer.weight[0].T[:24])
                if data.shape[0] == 1:
                    picture = tiles(filters.view(2, -1, filters.shape[1]), data.shape)
                    shown = (LabPicture(kind, f"First-layer filters of {words}", picture),)
            yield LabProgress(10 * place, total, f"{words} look at pictures", shown=shown)
    return found


def _learn(
    plan: LabPlan,
    panel: str,
    deep: int,
    layers: dict[str, list[Layer]],
    epochs: int,
    done: int,
    total: int,
) -> Steps[dict[str, tuple[float, ...]]]:
    """All starts and seeds as one stack. The labelled pictures are the same for all seeds.

    So the spread over seeds is that of the start, as in the paper, and not that of the draw.
    """
    data, seeds = plan.data, plan.seeds
    widths = (data.train.shape[1], *[plan.whole("width")] * deep, len(data.classes))
    stack = _starts(widths, plan, layers, deep)
    runs = list(seeds) * len(STARTS)
    few = panel == "few"
    x = data.train[: plan.whole("labels")] if few else data.train
    labels = data.labels[: len(x)]
    recipe = TrainingParameters(epochs, 16 if few else 32, 2e-3, "adam")
    note = f"{deep} hidden {'layer' if deep == 1 else 'layers'}, {len(x)} labels"
    errors: dict[str, tuple[float, ...]] = {}
    answers: list[Tensor] = []
    for epoch in fit(stack, x, labelled(labels), recipe, runs):
        points: tuple[Point, ...] = ()
        drawn = few and deep == WATCHED and epoch % 2 == 0
        if drawn or epoch == epochs:
            scores = accuracy(stack, data.test, data.test_labels).view(len(STARTS), -1).tolist()
            errors = {
                name: tuple(100 * (1 - one) for one in row)
                for name, row in zip(STARTS, scores, strict=True)
            }
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
    return errors


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
