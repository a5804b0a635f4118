"""What the bundled network keeps to when its own weights are cut off or rounded.

No label is used: it is asked whether its first class of pieces of photographs stays the one it was.
Weights are cut off the same share in each layer; by one order for all layers that weighs each
weight against those of its layer that would be left (LAMP: Lee et al. 2021, arXiv 2010.07611), the
few of depthwise layers never; and so with learning on from its own answers to other photographs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import kl_div, log_softmax, softmax

from nnvis.labs.training.stepping import Adam
from nnvis.models.registry import load
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.sources.sample import read_sample

NAME = "efficientnet_lite0"
PHOTOGRAPHS = ("chelsea", "astronaut", "coffee", "rocket", "motorcycle_left")
FIRST = 2  # of them are asked after learning on from the others, and the other way round
KEPT = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3)
RATE, PIECES = 3e-5, 3  # of learning on, and pieces of a photograph in a step
EACH, LAMP, TUNED = WAYS = (
    "the same in each layer", "chosen over all layers (LAMP)", "LAMP, learning on",
)  # fmt: skip
BITS = (8, 6, 5, 4)
SIDE = 160  # pixels that the network is fed: half the work of 224, and the same classes
ROOMY = 1.6  # how much larger the photograph is than a piece


@dataclass(frozen=True)
class AnswersKept:
    """Share (0..1) of pieces whose first class stays, a value for each photograph."""

    cut: Mapping[str, Mapping[float, tuple[float, ...]]]  # by way and share of weights that stay
    rounded: Mapping[int, tuple[float, ...]]  # by bits


def bundled(
    pieces: int = 8, steps: int = 12, name: str = NAME, seed: int = 0
) -> Steps[AnswersKept]:
    """Ask the network about `pieces` of each photograph, at every size; learn on for `steps`."""
    total = len(WAYS) * len(KEPT) + len(BITS)
    yield Progress(0, total, "opening the bundled network")
    model = load(name)
    x = torch.cat([_pieces(one, pieces, seed) for one in PHOTOGRAPHS])
    layers = [one for one in model.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]
    weights = [one.weight for one in layers]
    before = [one.detach().clone() for one in weights]
    first = _classes(model, x)
    cut: dict[str, dict[float, tuple[float, ...]]] = {way: {} for way in WAYS}
    coarse: dict[int, tuple[float, ...]] = {}
    spared = [isinstance(one, nn.Conv2d) and one.groups > 1 for one in layers]
    for share in KEPT:
        for way, masks in (
            (EACH, [_largest(one, share) for one in before]),
            (LAMP, by_lamp(before, spared, share)),
        ):
            _set(weights, [one * mask for one, mask in zip(before, masks, strict=True)])
            cut[way][share] = _same(_classes(model, x), first, pieces)
        yield Progress(2 * len(cut[LAMP]), total, f"the bundled network, {share:.0%} of weights")
    halves = PHOTOGRAPHS[FIRST:], PHOTOGRAPHS[:FIRST]
    for place, taught in enumerate(halves):
        asked = slice(0, FIRST * pieces) if place == 0 else slice(FIRST * pieces, None)
        tuned = yield from _learn_on(name, taught, steps, x[asked], first[asked], pieces)
        for share, same in tuned.items():
            cut[TUNED][share] = (*cut[TUNED].get(share, ()), *same)
    for bits in BITS:
        _set(weights, [nearest(one, bits) for one in before])
        coarse[bits] = _same(_classes(model, x), first, pieces)
        yield Progress(total, total, f"the bundled network at {bits} bits")
    return AnswersKept(cut, coarse)


def by_lamp(weights: Sequence[Tensor], spared: Sequence[bool], share: float) -> list[Tensor]:
    """Which weights stay, bool like `weights`: `share` of those of the layers not `spared`.

    A weight's score is its square over the sum of the squares in its layer that are no smaller.
    """
    scores = []
    for weight, kept in zip(weights, spared, strict=True):
        squares = weight.detach().flatten().square()
        order = squares.argsort(descending=True)
        score = torch.empty_like(squares)
        score[order] = squares[order] / squares[order].cumsum(0).clamp_min(1e-30)
        scores.append(torch.full_like(score, torch.inf) if kept else score)
    among = torch.cat([one for one, kept in zip(scores, spared, strict=True) if not kept])
    least = among.topk(max(1, round(share * len(among)))).values[-1]
    return [(one >= least).view(weight.shape) for one, weight in zip(scores, weights, strict=True)]


def _learn_on(
    name: str, taught: Sequence[str], steps: int, x: Tensor, first: Tensor, pieces: int
) -> Steps[dict[float, tuple[float, ...]]]:
    """Cut off step by step, learning after each from what the whole network says of `taught`."""
    whole, model = load(name), load(name)
    layers = [one for one in model.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]
    weights = [one.weight for one in layers]
    spared = [isinstance(one, nn.Conv2d) and one.groups > 1 for one in layers]
    own = list(model.network.parameters())
    found: dict[float, tuple[float, ...]] = {}
    drawn = 1000
    for share in KEPT:
        masks = by_lamp(weights, spared, share)
        _set(weights, [one * mask for one, mask in zip(weights, masks, strict=True)])
        optimiser = Adam(own, RATE)
        for _ in range(steps if share < 1 else 0):
            drawn += 1
            shown = torch.cat([_pieces(one, PIECES, drawn) for one in taught])
            with torch.no_grad():
                goal = softmax(whole(shown), 1)
            with torch.enable_grad():
                for one in own:
                    one.requires_grad_()
                loss = kl_div(log_softmax(model(shown), 1), goal, reduction="batchmean")
                optimiser.clear()
                loss.backward()
                optimiser.step()
            model.network.requires_grad_(False)
            _set(weights, [one * mask for one, mask in zip(weights, masks, strict=True)])
            yield Progress(0, 0, f"the bundled network learns on with {share:.0%} of weights")
        found[share] = _same(_classes(model, x), first, pieces)
    return found


def nearest(weight: Tensor, bits: int) -> Tensor:
    """`weight` (out,...) on 2^bits - 1 even steps around zero, a step size for each output."""
    levels = 2 ** (bits - 1) - 1
    step = weight.flatten(1).abs().amax(1).clamp_min(1e-12) / levels
    step = step.view(-1, *[1] * (weight.ndim - 1))
    grid: Tensor = (weight / step).round() * step
    return grid


def _largest(weight: Tensor, share: float) -> Tensor:
    """Where the largest `share` of one layer are, bool."""
    kept = max(1, round(share * weight.numel()))
    return weight.abs() >= weight.abs().flatten().topk(kept).values[-1]


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
