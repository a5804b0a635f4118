"""What the bundled network keeps to when its own weights are cut off or rounded.

Nothing is trained again and no label is used: it is asked whether its first class of pieces of
photographs stays the one it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor, nn

from nnvis.models.registry import load
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.sample import read_sample

NAME = "efficientnet_lite0"
PHOTOGRAPHS = ("chelsea", "coffee", "astronaut", "rocket", "motorcycle_left")
KEPT = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
BITS = (8, 6, 5, 4)
SIDE = 160  # pixels that the network is fed: half the work of 224, and the same classes
ROOMY = 1.6  # how much larger the photograph is than a piece


@dataclass(frozen=True)
class AnswersKept:
    """Share (0..1) of pieces whose first class stays, a value for each photograph."""

    cut: Mapping[float, tuple[float, ...]]  # by share of weights that stay
    rounded: Mapping[int, tuple[float, ...]]  # by bits


def bundled(pieces: int = 8, name: str = NAME, seed: int = 0) -> Steps[AnswersKept]:
    """Ask the network about `pieces` of each photograph, at every size."""
    yield Progress(0, len(KEPT) + len(BITS), "opening the bundled network")
    model = load(name)
    x = torch.cat([_pieces(one, pieces, seed) for one in PHOTOGRAPHS])
    weights = [one.weight for one in model.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]
    before = [one.detach().clone() for one in weights]
    first = _classes(model, x)
    cut: dict[float, tuple[float, ...]] = {}
    coarse: dict[int, tuple[float, ...]] = {}
    total = len(KEPT) + len(BITS)
    for share in KEPT:
        _set(weights, [_largest(one, share) for one in before])
        cut[share] = _same(_classes(model, x), first, pieces)
        yield Progress(len(cut), total, f"the bundled network, {share:.0%} of its weights")
    for bits in BITS:
        _set(weights, [nearest(one, bits) for one in before])
        coarse[bits] = _same(_classes(model, x), first, pieces)
        yield Progress(len(cut) + len(coarse), total, f"the bundled network at {bits} bits")
    return AnswersKept(cut, coarse)


def nearest(weight: Tensor, bits: int) -> Tensor:
    """`weight` (out,...) on 2^bits - 1 even steps around zero, a step size for each output."""
    levels = 2 ** (bits - 1) - 1
    step = weight.flatten(1).abs().amax(1).clamp_min(1e-12) / levels
    step = step.view(-1, *[1] * (weight.ndim - 1))
    grid: Tensor = (weight / step).round() * step
    return grid


def _largest(weight: Tensor, share: float) -> Tensor:
    """The largest `share` of one layer; one threshold for all would empty the wide layers."""
    kept = max(1, round(share * weight.numel()))
    least = weight.abs().flatten().topk(kept).values[-1]
    return torch.where(weight.abs() >= least, weight, 0)


def _set(weights: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for weight, value in zip(weights, values, strict=True):
            weight.copy_(value)


def _classes(model: VisionModel, x: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.cat([model(part).argmax(1) for part in x.split(8)])


def _same(now: Tensor, first: Tensor, pieces: int) -> tuple[float, ...]:
    return tuple((now == first).float().view(-1, pieces).mean(1).tolist())


def _pieces(name: str, count: int, seed: int) -> Tensor:
    """(count,3,SIDE,SIDE) in 0..1, cut out at places of chance."""
    image = Image.fromarray(read_sample(name))
    scale = ROOMY * SIDE / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    die = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(count):
        left = int(torch.randint(0, image.width - SIDE, (), generator=die))
        top = int(torch.randint(0, image.height - SIDE, (), generator=die))
        part = image.crop((left, top, left + SIDE, top + SIDE)).convert("RGB")
        values = torch.frombuffer(bytearray(part.tobytes()), dtype=torch.uint8)
        found.append(values.view(SIDE, SIDE, 3).permute(2, 0, 1).float() / 255)
    return torch.stack(found)
