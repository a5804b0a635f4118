"""Every start over width, labelled samples and depth: what it errs on new samples and on its own.

Erhan et al. 2010 (JMLR) ask what unsupervised pre-training depends on, and whether it helps a
network to learn what it is shown (optimisation) or to be right about what it is not
(generalisation): the error on new samples is that on the training samples plus the gap between
both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.datasets.data import Data
from nnvis.labs.framework.drawing import chart
from nnvis.labs.framework.outcome import LabProgress, Point
from nnvis.labs.pretraining.pretrain import KINDS, Layer, begin_from
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Steps

RANDOM, GLOROT, RBM, DENOISING = "random", "random, Glorot", "Boltzmann machines", "autoencoders"
MODERN = "ReLU, He"
SIGMOID = (RANDOM, GLOROT, RBM, DENOISING)  # one stack; the modern start has units of its own
STARTS = (*SIGMOID, MODERN)
MOMENTS = (2, 4, 8, 14, 24, 40, 64, 100)  # epochs at which what it answers is kept
ASKED = 200  # test pictures of which that is told
RATE = 2e-3


@dataclass(frozen=True)
class GridCell:
    """One cell of the grid."""

    data: str
    width: int
    labels: int
    depth: int


@dataclass(frozen=True)
class Errors:
    """Of one start in one cell, % a seed."""

    new: tuple[float, ...]
    own: tuple[float, ...]  # on the samples that it learnt

    @property
    def gap(self) -> tuple[float, ...]:
        """By how much it errs more on new samples than on its own."""
        return tuple(a - b for a, b in zip(self.new, self.own, strict=True))


Grid = dict[GridCell, dict[str, Errors]]


def learn(
    data: Data,
    place: GridCell,
    layers: dict[str, list[Layer]],
    seeds: Sequence[int],
    epochs: int,
    *,
    watched: bool = False,
) -> Steps[dict[str, Errors]]:
    """Teach a cell's networks, all sigmoid starts and seeds as one stack, then the modern ones.

    The labelled samples are the same for all seeds, so the spread over seeds is that of the start,
    as in the paper, and not that of the draw. `watched` draws what they do while they learn.
    """
    widths = (data.train.shape[1], *[place.width] * place.depth, len(data.classes))
    x, labels = data.train[: place.labels], data.labels[: place.labels]
    training = TrainingParameters(epochs, 16 if len(x) < 1000 else 32, RATE, "adam")
    note = f"{data.name}: {layers_text(place.depth)} of {place.width}, {len(x)} labels"
    device = data.train.device
    stack = starts(widths, layers, seeds, device)
    runs = list(seeds) * len(SIGMOID)
    answers: list[Tensor] = []
    for epoch in fit(stack, x, labelled(labels), training, runs):
        points: tuple[Point, ...] = ()
        if watched and epoch % 2 == 0:
            now = _errors(stack, SIGMOID, data.test, data.test_labels)
            points = tuple(Point("learn", name, epoch, now[name]) for name in SIGMOID)
            if epoch in MOMENTS:
                with torch.no_grad():
                    answers.append(torch.softmax(stack(data.test[:ASKED]), -1))
        yield LabProgress(epoch, 2 * epochs, note, points=points)
    modern = build(widths, seeds, start="he", device=device)
    for epoch in fit(modern, x, labelled(labels), training, seeds):
        points = ()
        if watched and epoch % 2 == 0:
            errors = _errors(modern, (MODERN,), data.test, data.test_labels)
            points = (Point("learn", MODERN, epoch, errors[MODERN]),)
        yield LabProgress(epochs + epoch, 2 * epochs, note, points=points)
    if answers:
        # Only now: scikit-learn takes its time to open.
        from nnvis.labs.pretraining.function_space import draw_paths, laid_out

        title = f"Where networks of {layers_text(place.depth)} go while they learn"
        shown = (chart("paths", title, draw_paths, laid_out(answers), SIGMOID),)
        yield LabProgress(2 * epochs, 2 * epochs, note, shown=shown)
    new, own = (
        _errors(stack, SIGMOID, *part) | _errors(modern, (MODERN,), *part)
        for part in ((data.test, data.test_labels), (x, labels))
    )
    return {name: Errors(new[name], own[name]) for name in STARTS}


def starts(
    widths: tuple[int, ...],
    layers: dict[str, list[Layer]],
    seeds: Sequence[int],
    device: torch.device,
) -> Stack:
    """The sigmoid networks of `SIGMOID`, each of all seeds."""
    random = build(widths, seeds, activation="sigmoid", start="classic", device=device)
    together = random.join(
        build(widths, seeds, activation="sigmoid", start="glorot", device=device)
    )
    for kind in KINDS:
        taught = random.copy()
        begin_from(taught, layers[kind][: len(widths) - 2])
        together = together.join(taught)
    return together


def _errors(
    stack: Stack, names: Sequence[str], x: Tensor, labels: Tensor
) -> dict[str, tuple[float, ...]]:
    """% wrong of each start, a value a seed."""
    scores = accuracy(stack, x, labels).view(len(names), -1).tolist()
    return {
        name: tuple(100 * (1 - one) for one in row) for name, row in zip(names, scores, strict=True)
    }


def layers_text(count: int) -> str:
    """Say how many layers."""
    return f"{count} layer{'s' if count != 1 else ''}"
