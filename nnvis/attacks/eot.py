"""Pictures as a camera might see them, and the attack that holds for all of those views."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.gradient_loop import Descent, descend
from nnvis.attacks.norms import LINF
from nnvis.attacks.registry import ExpectationParameters
from nnvis.attacks.result import RawResult
from nnvis.progress import Progress, Steps

JUDGED = 64  # views by which the result is judged


def expectation(case: AttackInput, how: ExpectationParameters) -> Steps[RawResult]:
    """Descend on the loss averaged over random views: Athalye et al. 2018, sec. 2.

    The change is bounded in L-inf of RGB, where the paper penalises its length in Lab.
    `AttackOutcome.rate` is the share of further views that reach the goal.
    """

    def views(x: Tensor, generator: torch.Generator) -> Tensor:
        return look(x.repeat(how.views, 1, 1, 1), how, generator)

    size = how.step or 2.5 * how.eps / how.steps
    found = yield from descend(case, Descent(LINF, how.eps, how.steps, size, views=views))
    rate = yield from survival(case, found.adversarial, how)
    return replace(found, rate=rate)


def survival(
    case: AttackInput, pictures: Tensor, how: ExpectationParameters, count: int = JUDGED
) -> Steps[Tensor]:
    """Return for each of the pictures the (N,) share of `count` random views at the goal."""
    hits = torch.zeros(len(pictures), device=pictures.device)
    for done in range(count):
        seen = look(pictures, how, case.generator).clamp(0, 1)
        hits += case.criterion.reached(case.network.logits(seen))
        yield Progress(done + 1, count, "looking again from elsewhere")
    return hits / count


def look(x: Tensor, how: ExpectationParameters, generator: torch.Generator) -> Tensor:
    """(N,C,H,W) -> the same, each turned, zoomed, shifted, lit and grained at random.

    It can be differentiated. Beyond the edge the picture is mirrored.
    """
    count, _, height, width = x.shape

    def uniform(reach: float) -> Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * reach

    angle = uniform(math.radians(how.turn))
    zoom = torch.exp(uniform(math.log(how.zoom)))
    cosine, sine = angle.cos() / zoom, angle.sin() / zoom
    across, down = uniform(2 * how.shift), uniform(2 * how.shift)
    aspect = height / width
    rows = (cosine, -sine * aspect, across, sine / aspect, cosine, down)
    theta = torch.stack(rows, 1).view(count, 2, 3).to(x)
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    seen = functional.grid_sample(
        x, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    light = uniform(how.light).to(x).view(-1, 1, 1, 1)
    grain = torch.randn(x.shape, generator=generator).to(x) * how.grain
    return (seen + light + grain).clamp(0, 1)
