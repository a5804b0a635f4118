"""The online regime: words that come once each and never again (Erhan et al. 2010, AISTATS).

Each word is asked for before it is learnt, so what a network errs is on what is new, and also what
it is being taught: a start that is ahead here is ahead by optimisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from nnvis.labs.datasets.words import WordStream
from nnvis.labs.framework.outcome import LabProgress, Point
from nnvis.labs.pretraining.grid import MODERN, RATE, SIGMOID, STARTS, starts
from nnvis.labs.pretraining.pretrain import KINDS, Layer, pretrain
from nnvis.labs.training.batched_mlp import Stack, build
from nnvis.labs.training.stepping import Adam
from nnvis.progress import Progress, Steps

UNLABELLED = 4  # the first of so many parts is seen without labels
BLOCKS = 20  # of the rest, each a point of the curve
LAST = 5  # blocks at the end that are compared
BATCH = 32
PASSES = 3  # of the layers over the unlabelled part, at most


@dataclass(frozen=True)
class Online:
    """How a stream went: errors on words before they were learnt, % a seed, mean of the last."""

    count: int  # words with labels, each seen once
    depth: int
    width: int
    last: dict[str, tuple[float, ...]]  # by start


def stream(
    words: WordStream, width: int, depth: int, seeds: Sequence[int], epochs: int
) -> Steps[Online]:
    """Teach layers on the first quarter without labels, then all starts on the others, once."""
    begun = len(words) // UNLABELLED
    first = words.rows(0, begun)
    layers: dict[str, list[Layer]] = {}
    for kind in KINDS:
        layers[kind] = []
        for layer in pretrain(kind, first, [width] * depth, seeds, epochs=epochs):
            layers[kind].append(layer)
            yield Progress(0, BLOCKS, "a stream of words: layers learn without labels")
    widths = (words.width, *[width] * depth, len(words.classes))
    sigmoid = starts(widths, layers, seeds, torch.device("cpu"))
    modern = build(widths, seeds, start="he")
    learners = [Learner(sigmoid, len(SIGMOID)), Learner(modern, 1)]
    edges = torch.linspace(begun, len(words), BLOCKS + 1).long().tolist()
    found: list[Tensor] = []  # (starts, seeds) wrong of each block, %
    for block in range(BLOCKS):
        x = words.rows(edges[block], edges[block + 1])
        labels = words.labels[edges[block] : edges[block + 1]]
        wrong = torch.cat([one.through(x, labels) for one in learners])
        found.append(100 * wrong / len(x))
        seen = (edges[block] + edges[block + 1]) / 2 - begun
        points = tuple(
            Point("stream", name, seen, tuple(row.tolist()))
            for name, row in zip((*SIGMOID, MODERN), found[-1], strict=True)
        )
        yield LabProgress(block + 1, BLOCKS, "a stream of words, each seen once", points=points)
    end = torch.stack(found[-LAST:]).mean(0)
    last = {name: tuple(row.tolist()) for name, row in zip(STARTS, end, strict=True)}
    return Online(len(words) - begun, depth, width, last)


class Learner:
    """A stack that learns from every batch once; all that it knows of the past is in its weights.

    `kinds` starts lie one after the other, each of all seeds.
    """

    def __init__(self, stack: Stack, kinds: int) -> None:
        self.stack, self.kinds = stack, kinds
        self.optimiser = Adam(stack.parameters(), RATE / 2, fused=True)

    def through(self, x: Tensor, labels: Tensor) -> Tensor:
        """(kinds, seeds): how many of `x` (N,D) it got wrong before it learnt them."""
        wrong = torch.zeros(self.stack.runs)
        for part, right in zip(x.split(BATCH), labels.split(BATCH), strict=True):
            logits = self.stack(part)  # (R,B,K)
            wrong += (logits.detach().argmax(-1) != right).sum(1)
            target = right.expand(self.stack.runs, -1).flatten()
            loss = cross_entropy(logits.flatten(0, 1), target, reduction="sum") / len(part)
            self.optimiser.clear()
            loss.backward()
            self.optimiser.step()
        return wrong.view(self.kinds, -1)
