"""A network that learnt ImageNet, given true and chance labels of pieces of photographs.

ImageNet itself is not here, so its labels cannot be shuffled as Zhang et al. 2017 did (table 2).
What can be asked offline is whether the bundled network, with all that it knows, still learns
chance by heart: its last stages learn on, with a head of their own, from pieces cut out of a few
photographs, each labelled by the photograph that it is of, or by chance.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nnvis.labs.training.corrupt import spoil
from nnvis.labs.training.stepping import Adam
from nnvis.models.registry import load
from nnvis.progress import Progress, Steps
from nnvis.sources.sample import read_sample

NAME = "efficientnet_lite0"
PHOTOGRAPHS = ("chelsea", "astronaut", "coffee", "rocket", "motorcycle_left")
SIDE, ROOMY = 96, 2.0  # pixels of a piece, and how much larger the photograph is
STAYS = 5  # blocks that stay as they are; what they give is computed once
BATCH, RATE = 20, 1e-3


@dataclass(frozen=True)
class Tuned:
    """How the bundled network did with one kind of labels, % a seed."""

    learnt: tuple[float, ...]
    epochs: tuple[float, ...]  # until all were right, NaN if never
    tested: tuple[float, ...]  # other pieces (which may overlap them), by their photograph


@dataclass(frozen=True)
class TunedPair:
    """Both kinds of labels, and how large what learns is."""

    true: Tuned
    chance: Tuned
    weights: int  # that learn
    pieces: int
    given_up: int  # epochs


def tuned(pieces: int, epochs: int, share: float, seeds: Sequence[int]) -> Steps[TunedPair]:
    """Learn `pieces` a photograph, then as many labels of which `share` (0..1) are by chance."""
    model = load(NAME)
    cut = torch.stack([_piece(one, place) for one in PHOTOGRAPHS for place in range(2 * pieces)])
    labels = torch.arange(len(PHOTOGRAPHS)).repeat_interleave(2 * pieces)
    first = torch.arange(len(labels)) % (2 * pieces) < pieces
    maps: list[Tensor] = []
    for part in cut.split(BATCH):
        with torch.no_grad():
            maps.append(_stem(model.network)((part - model.mean) / model.std))
        yield Progress(0, 0, "the bundled network looks at pieces of photographs")
    x = torch.cat(maps)
    found = []
    for chance in (0.0, share):
        rows: list[tuple[float, float, float]] = []
        for seed in seeds:
            own = spoil(x[first], labels[first], x[~first], (seed,), share=chance).labels[0]
            learner = _learner(model.network, seed)
            at = yield from _learn(learner, x[first], own, epochs, seed)
            right = 100 * _right(learner, x[first], own)
            rows.append((right, at, 100 * _right(learner, x[~first], labels[~first])))
        found.append(Tuned(*(tuple(column) for column in zip(*rows, strict=True))))
    size = sum(one.numel() for one in learner.parameters())
    return TunedPair(found[0], found[1], size, int(first.sum()), epochs)


def _learn(learner: nn.Module, x: Tensor, labels: Tensor, epochs: int, seed: int) -> Steps[float]:
    """Until all are right, in place; the epoch at which they were, or NaN."""
    optimiser = Adam(learner.parameters(), RATE)
    die = torch.Generator().manual_seed(seed)
    for epoch in range(1, epochs + 1):
        for index in torch.randperm(len(x), generator=die).split(BATCH):
            optimiser.clear()
            cross_entropy(learner(x[index]), labels[index]).backward()
            optimiser.step()
        yield Progress(epoch, epochs, f"the bundled network learns on, seed {seed}")
        if _right(learner, x, labels) == 1:
            return float(epoch)
    return math.nan


def _stem(network: nn.Module) -> nn.Sequential:
    blocks = network.get_submodule("blocks")
    assert isinstance(blocks, nn.Sequential)
    return nn.Sequential(
        network.get_submodule("conv_stem"), network.get_submodule("bn1"), *blocks[:STAYS]
    )


def _learner(network: nn.Module, seed: int) -> nn.Sequential:
    """The last stages as ImageNet left them, and a head of random weights."""
    blocks = network.get_submodule("blocks")
    assert isinstance(blocks, nn.Sequential)
    names = ("conv_head", "bn2", "global_pool")
    own = copy.deepcopy([*blocks[STAYS:], *(network.get_submodule(one) for one in names)])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = nn.Linear(1280, len(PHOTOGRAPHS))
    # Batch norm keeps the statistics of ImageNet: its scale and shift learn.
    return nn.Sequential(*own, head).eval().requires_grad_()


@torch.no_grad()
def _right(learner: nn.Module, x: Tensor, labels: Tensor) -> float:
    return float((learner(x).argmax(1) == labels).float().mean())


def _piece(name: str, number: int) -> Tensor:
    """(3,SIDE,SIDE) in 0..1, cut out at a place of chance."""
    image = Image.fromarray(read_sample(name)).convert("RGB")
    scale = ROOMY * SIDE / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    die = torch.Generator().manual_seed(number)
    left = int(torch.randint(0, image.width - SIDE, (), generator=die))
    top = int(torch.randint(0, image.height - SIDE, (), generator=die))
    part = image.crop((left, top, left + SIDE, top + SIDE))
    values = torch.frombuffer(bytearray(part.tobytes()), dtype=torch.uint8)
    return values.view(SIDE, SIDE, 3).permute(2, 0, 1).float() / 255
