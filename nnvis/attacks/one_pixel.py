"""One pixel: differential evolution over where to paint and in which colour. No gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.quantise import TOP
from nnvis.attacks.registry import OnePixelParameters
from nnvis.attacks.result import RawResult
from nnvis.progress import Progress, Steps

_WEIGHT = 0.5  # of the difference of two individuals


def one_pixel(case: AttackInput, how: OnePixelParameters) -> Steps[RawResult]:
    """Su, Vargas & Sakurai 2019, sec. III.B: five numbers a pixel, weight 0.5, no crossover.

    They take 400 individuals and 100 generations; the defaults here are less, for the sake of
    machines without a GPU. The score is the log-odds of the class in question, which orders
    individuals as its probability does.
    """
    pictures = []
    for index in range(len(case.x)):
        one = case.pick(torch.tensor([index], device=case.x.device))
        pictures.append((yield from _evolve(one, how, index)))
    best = torch.cat(pictures)
    return RawResult(best, how.generations)


def _evolve(case: AttackInput, how: OnePixelParameters, index: int) -> Steps[Tensor]:
    """Return the best picture for a batch of one."""
    x = case.x
    channels = x.shape[1]
    parents = torch.rand(how.population, how.pixels, 2 + channels, generator=case.generator)
    colours = torch.randn(how.population, how.pixels, channels, generator=case.generator)
    parents[:, :, 2:] = (0.5 + 0.5 * colours).clamp(0, 1)
    total = len(case.x) * (how.generations + 1)
    note = f"picture {index + 1}: generation"
    scores = yield from _scores(case, parents)
    for generation in range(how.generations):
        yield Progress(generation + 1, total, f"{note} {generation + 1}")
        best = parents[int(scores.argmin())]
        picture = paint(x, best[None].to(x.device), case.eight_bit)
        if bool(case.criterion.reached(case.network.logits(picture))):
            return picture
        children = _children(parents, case.generator)
        new = yield from _scores(case, children)
        better = new < scores
        parents[better], scores[better] = children[better], new[better]
    best = parents[int(scores.argmin())]
    return paint(x, best[None].to(x.device), case.eight_bit)


def _children(parents: Tensor, generator: torch.Generator) -> Tensor:
    """Return for each parent the sum of one individual and a difference of two others."""
    count = len(parents)
    order = torch.rand(count, count, generator=generator).argsort(1)[:, :3]
    first, second, third = parents[order[:, 0]], parents[order[:, 1]], parents[order[:, 2]]
    return (first + _WEIGHT * (second - third)).clamp(0, 1)


def _scores(case: AttackInput, individuals: Tensor) -> Steps[Tensor]:
    """(P,pixels,2+C) -> (P,) on the CPU: the smaller the nearer to the goal."""
    size = 2 if case.x.device.type == "cpu" else 64  # so that no step takes long
    scores = []
    for begin in range(0, len(individuals), size):
        part = individuals[begin : begin + size].to(case.x.device)
        pictures = paint(case.x, part, case.eight_bit)
        scores.append(case.criterion.repeat(len(part)).loss(case.network.logits(pictures)).cpu())
        yield Progress(begin, len(individuals), "one generation")
    return torch.cat(scores)


def paint(x: Tensor, individuals: Tensor, eight_bit: bool) -> Tensor:
    """(1,C,H,W), (P,pixels,2+C) in [0,1] -> (P,C,H,W): row, column and colour of each pixel."""
    _, _, height, width = x.shape
    pictures = x.repeat(len(individuals), 1, 1, 1)
    rows = (individuals[:, :, 0] * height).long().clamp(max=height - 1)
    columns = (individuals[:, :, 1] * width).long().clamp(max=width - 1)
    colours = individuals[:, :, 2:]
    if eight_bit:
        colours = (colours * TOP).round() / TOP
    which = torch.arange(len(individuals), device=x.device)[:, None]
    pictures[which, :, rows, columns] = colours
    return pictures
