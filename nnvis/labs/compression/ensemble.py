"""Ten networks, their average, and one of the same size that learns from what they say.

Hinton, Vinyals & Dean 2015, sec. 4: nearly all of what ten acoustic models gain together fits into
one model of the size of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.labs.compression.distil import softened
from nnvis.labs.datasets.data import Data
from nnvis.labs.datasets.load import load
from nnvis.labs.training.batched_mlp import build
from nnvis.labs.training.fit import TrainingParameters, accuracy, fit, labelled
from nnvis.progress import Progress, Steps

TEMPERATURES = (1.0, 2.0, 5.0)  # tried on held-out samples; the paper tried 1, 2, 5 and 10
HARD = 0.5  # of the labels beside the odds, as in sec. 4
STUDENTS = 5  # of each ensemble, each on its own: one alone differs by more than the gain
SHAPES = ((2, 0.5), (3, 0.5), (3, 1.0), (3, 2.0))  # hidden layers, and units of those asked for
GAIN = 1.5  # points that an ensemble of the size wanted gains on held-out samples
HELD_SEEDS = (900_001, 900_002)  # of the choice, and of nothing else
OTHERS = ("words", "speech")  # tried besides the lab's own data where they are there
MOST = 10_000  # samples of those


@dataclass(frozen=True)
class Size:
    """Of a member and of the student, and how soft the odds are that it learns from."""

    layers: int
    hidden: int
    temperature: float


@dataclass(frozen=True)
class Together:
    """New samples right, % a seed."""

    single: tuple[float, ...]  # mean of the members
    ensemble: tuple[float, ...]
    student: tuple[float, ...]  # mean of those that learnt alone from the ensemble
    size: Size

    def kept(self) -> tuple[float, ...]:
        """Share of the ensemble's gain that the student has, %, NaN where there is none."""
        rows = zip(self.single, self.ensemble, self.student, strict=True)
        return tuple(
            100 * (student - single) / (ensemble - single) if ensemble > single else torch.nan
            for single, ensemble, student in rows
        )


def chosen(data: Data, hidden: int, members: int, epochs: int) -> Steps[Size]:
    """Choose a size and a temperature on a quarter of the training samples, before the test.

    Of the sizes whose ensemble gains `GAIN` points there, the one whose members are right most
    often, so that it is no crippled one; where none does, the one that gains most. Then the
    temperature whose students are right most often.
    """
    quarter = len(data.train) // 4
    held = replace(
        data,
        train=data.train[quarter:], labels=data.labels[quarter:],
        test=data.train[:quarter], test_labels=data.labels[:quarter],
    )  # fmt: skip
    rows: list[tuple[bool, float, Size]] = []
    for layers, units in SHAPES:
        hidden_ = max(2, round(units * hidden))
        taught = yield from _members(held, layers, hidden_, members, HELD_SEEDS, epochs)
        heats: list[tuple[float, Size]] = []
        for heat in TEMPERATURES:
            size = Size(layers, hidden_, heat)
            student = yield from _student(held, size, members, taught, HELD_SEEDS, epochs)
            heats.append((sum(student), size))
        single, gain = sum(taught.single), sum(taught.ensemble) - sum(taught.single)
        enough = gain >= GAIN * len(HELD_SEEDS)
        rows.append((enough, single if enough else gain, max(heats, key=lambda one: one[0])[1]))
    return max(rows, key=lambda one: one[:2])[2]


def together(
    data: Data, size: Size, members: int, seeds: Sequence[int], epochs: int
) -> Steps[Together]:
    """Train `members` networks of one `size` a seed, then a student of each ensemble."""
    taught = yield from _members(data, size.layers, size.hidden, members, seeds, epochs)
    student = yield from _student(data, size, members, taught, seeds, epochs)
    return Together(taught.single, taught.ensemble, student, size)


@dataclass(frozen=True)
class _Taught:
    """Members right of new samples, alone and together, % a seed, and what they say together."""

    single: tuple[float, ...]
    ensemble: tuple[float, ...]
    said: Tensor  # logits (S,N,K) of the training samples


def _members(
    data: Data, layers: int, hidden: int, members: int, seeds: Sequence[int], epochs: int
) -> Steps[_Taught]:
    widths = (data.train.shape[1], *[hidden] * layers, len(data.classes))
    runs = [1000 * seed + one for seed in seeds for one in range(members)]
    stack = build(widths, runs, device=data.train.device)
    for epoch in fit(stack, data.train, labelled(data.labels), _training(epochs), runs):
        yield Progress(epoch, 2 * epochs, f"{data.name}: {members} networks learn")
    single = accuracy(stack, data.test, data.test_labels).view(len(seeds), members).mean(1)
    with torch.no_grad():
        said, tested = (_averaged(stack(x), len(seeds)) for x in (data.train, data.test))
    ensemble = (tested.argmax(-1) == data.test_labels).float().mean(1)
    return _Taught(_percent(single), _percent(ensemble), said)


def _student(
    data: Data, size: Size, members: int, taught: _Taught, seeds: Sequence[int], epochs: int
) -> Steps[tuple[float, ...]]:
    """Networks that learn as long as a member, each from what all of them say: mean a seed."""
    widths = (data.train.shape[1], *[size.hidden] * size.layers, len(data.classes))
    others = [1000 * seed + members + one for seed in seeds for one in range(STUDENTS)]
    student = build(widths, others, device=data.train.device)
    said = taught.said.repeat_interleave(STUDENTS, 0)
    soft, hard = softened(said, size.temperature), labelled(data.labels)

    def both(logits: Tensor, index: Tensor) -> Tensor:
        return soft(logits, index) + HARD * hard(logits, index)

    for epoch in fit(student, data.train, both, _training(epochs), others):
        yield Progress(epochs + epoch, 2 * epochs, f"{data.name}: one learns from what they say")
    right = accuracy(student, data.test, data.test_labels)
    return _percent(right.view(len(seeds), STUDENTS).mean(1))


def _training(epochs: int) -> TrainingParameters:
    return TrainingParameters(epochs, 64, 3e-3, "adam", settle=0.4)


def _percent(shares: Tensor) -> tuple[float, ...]:
    return tuple(100 * one for one in shares.tolist())


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
