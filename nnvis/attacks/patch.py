"""The adversarial patch: a sticker that wins wherever it lies."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.quantise import from_bytes, to_bytes
from nnvis.attacks.registry import PatchParameters
from nnvis.attacks.result import RawResult
from nnvis.progress import Progress, Steps

JUDGED = 32  # places by which a patch is judged
_KEPT = 0.9  # of the slopes before: each step sees but a few placements


def patch(case: AttackInput, how: PatchParameters) -> Steps[RawResult]:
    """Train a round patch under random placements: Brown et al. 2017, sec. 2.

    Steps go along the sign of a running sum of gradients. The result shows it upright at a random
    place of each picture; `AttackOutcome.pattern` is the patch, and `AttackOutcome.rate` the share
    of further random placements that reach the goal.
    """
    x = case.x
    count, channels, height, width = x.shape
    side = max(2, min(round(math.sqrt(how.share * height * width * 4 / math.pi)), height, width))
    disc = _disc(side).to(x)
    sticker = torch.rand(1, channels, side, side, generator=case.generator).to(x)
    velocity = torch.zeros_like(sticker)
    sloped = torch.zeros(count, dtype=torch.bool, device=x.device)
    many, criterion = x.repeat(how.views, 1, 1, 1), case.criterion.repeat(how.views)
    for step in range(how.steps):
        leaf = sticker.detach().requires_grad_()
        with torch.enable_grad():
            shown = _stick(many, leaf, disc, how, case.generator)
        logits = case.network.with_graph(shown)
        with torch.enable_grad():
            value = criterion.loss(logits).sum()
        slope = case.network.differentiate(value, leaf)
        usable = bool((slope != 0).any()) and bool(slope.isfinite().all())
        sloped |= usable
        if usable:
            velocity = _KEPT * velocity + slope / slope.abs().mean()
            size = how.step * (1 - step / how.steps)
            sticker = (sticker - size * velocity.sign()).clamp_(0, 1)
        note = f"{int(criterion.reached(logits.detach()).sum())} of {len(many)} placements"
        yield Progress(step + 1, how.steps, note)
    if case.eight_bit:
        sticker = from_bytes(to_bytes(sticker))
    hits = torch.zeros(count, device=x.device)
    for done in range(JUDGED):
        shown = _stick(x, sticker, disc, how, case.generator)
        hits += case.criterion.reached(case.network.logits(shown))
        yield Progress(done + 1, JUDGED, "sticking it elsewhere")
    result = x.clone()
    for row in range(count):
        top = int(torch.randint(0, height - side + 1, (), generator=case.generator))
        left = int(torch.randint(0, width - side + 1, (), generator=case.generator))
        part = result[row, :, top : top + side, left : left + side]
        part.copy_(torch.where(disc[0] > 0.5, sticker[0], part))
    return RawResult(result, how.steps, no_slope=~sloped, rate=hits / JUDGED, pattern=sticker[0])


def _disc(side: int) -> Tensor:
    """(1,1,side,side): 1 within the circle, 0 outside."""
    place = (torch.arange(side) + 0.5) / side * 2 - 1
    return ((place[:, None] ** 2 + place[None] ** 2) <= 1).float()[None, None]


def _stick(
    x: Tensor, sticker: Tensor, disc: Tensor, how: PatchParameters, generator: torch.Generator
) -> Tensor:
    """Lay the patch over each picture, turned, scaled and placed at random."""
    count, _, height, width = x.shape

    def uniform(reach: float) -> Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * reach

    angle = uniform(math.radians(how.turn))
    zoom = torch.exp(uniform(math.log(how.zoom)))
    # From places of the picture to places of the patch, both -1 ... 1.
    wide, high = width / (disc.shape[3] * zoom), height / (disc.shape[2] * zoom)
    room_x, room_y = (1 - 1 / wide).clamp(min=0), (1 - 1 / high).clamp(min=0)
    middle_x, middle_y = uniform(1.0) * room_x, uniform(1.0) * room_y
    cosine, sine = angle.cos(), angle.sin()
    a, b, c, d = cosine * wide, -sine * high, sine * wide, cosine * high
    rows = (a, b, -(a * middle_x + b * middle_y), c, d, -(c * middle_x + d * middle_y))
    theta = torch.stack(rows, 1).view(count, 2, 3).to(x)
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)

    def spread(picture: Tensor) -> Tensor:
        copies = picture.expand(count, -1, -1, -1)
        return functional.grid_sample(copies, grid, align_corners=False)

    mask = spread(disc)
    return x * (1 - mask) + spread(sticker * disc)
