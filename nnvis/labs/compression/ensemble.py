"""Ten networks, their average, and one of the same size that learns from what they say.

Hinton, Vinyals & Dean 2015, sec. 4: nearly all of what ten acoustic models gain together fits into
one model of the size of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.labs.compression.distil import softened
from nnvis.labs.datasets.data import Data
from nnvis.labs.datasets.load import load
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Progress, Steps

TEMPERATURE = 2.0  # the best of 1, 2, 5 and 10 in the paper
LAYERS = 3  # hidden; networks of one layer end too much alike to gain anything together
HARD = 0.5  # of the labels beside the odds, as in sec. 4.1
OTHERS = ("words", "speech")  # tried besides the lab's own data where they are there
MOST = 4000  # samples of those


@dataclass(frozen=True)
class Together:
    """New samples right, % a seed."""

    single: tuple[float, ...]  # mean of the members
    ensemble: tuple[float, ...]
    student: tuple[float, ...]

    def kept(self) -> tuple[float, ...]:
        """Share of the ensemble's gain that the student has, %, NaN where there is none."""
        rows = zip(self.single, self.ensemble, self.student, strict=True)
        return tuple(
            100 * (student - single) / (ensemble - single) if ensemble > single else torch.nan
            for single, ensemble, student in rows
        )


def together(
    data: Data, hidden: int, members: int, seeds: Sequence[int], epochs: int
) -> Steps[Together]:
    """Train `members` networks of one hidden layer a seed, then a student of each ensemble."""
    widths = (data.train.shape[1], *[hidden] * LAYERS, len(data.classes))
    runs = [1000 * seed + one for seed in seeds for one in range(members)]
    training = TrainingParameters(epochs, 64, 3e-3, "adam", settle=0.4)
    stack = build(widths, runs, device=data.train.device)
    for epoch in fit(stack, data.train, labelled(data.labels), training, runs):
        yield Progress(epoch, 2 * epochs, f"{data.name}: {members} networks learn")
    single = accuracy(stack, data.test, data.test_labels).view(len(seeds), members).mean(1)
    with torch.no_grad():
        said, tested = (_averaged(stack(x), len(seeds)) for x in (data.train, data.test))
    ensemble = (tested.argmax(-1) == data.test_labels).float().mean(1)
    others = [1000 * seed + members for seed in seeds]
    student = build(widths, others, device=data.train.device)
    soft, hard = softened(said, TEMPERATURE), labelled(data.labels)

    def both(logits: Tensor, index: Tensor) -> Tensor:
        return soft(logits, index) + HARD * hard(logits, index)

    for epoch in fit(student, data.train, both, training, others):
        yield Progress(epochs + epoch, 2 * epochs, f"{data.name}: one learns from what they say")
    right = accuracy(student, data.test, data.test_labels)
    single_, ensemble_, right_ = (
        tuple(100 * one for one in row.tolist()) for row in (single, ensemble, right)
    )
    return Together(single_, ensemble_, right_)


def others() -> Steps[list[Data]]:
    """Words and speech, where their packages are."""
    found = []
    for name in OTHERS:
        try:
            data = yield from load(name)
        except UserError:
            continue
        found.append(data.first(MOST))
    return found


def _averaged(logits: Tensor, groups: int) -> Tensor:
    """Logits (S,N,K) of the arithmetic mean of the odds of each ensemble, from (S*M,N,K)."""
    odds: Tensor = torch.softmax(logits, -1).unflatten(0, (groups, -1)).mean(1)
    return odds.clamp_min(1e-12).log()
