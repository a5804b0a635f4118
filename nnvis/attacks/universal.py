"""One change for many pictures."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.deepfool import nearest
from nnvis.attacks.norms import LINF
from nnvis.attacks.quantise import TOP, round_l2
from nnvis.attacks.registry import DeepFoolParameters, UniversalParameters
from nnvis.attacks.result import RawResult
from nnvis.progress import Progress, Steps

_BATCH = 4  # pictures at once
_GROWTH, _GROWTHS = 1.25, 16  # of the change, while rounding costs some of its power


def universal(case: AttackInput, how: UniversalParameters) -> Steps[RawResult]:
    """Add up DeepFool's changes, projected to the ball: Moosavi-Dezfooli et al. 2017, algorithm 1.

    The search does not round. At the end the change is gathered into whole levels, the same for
    every picture, and made as much stronger as that costs. `AttackOutcome.pattern` is the change
    before the box of a picture cuts it; `AttackOutcome.rate` the share of the pictures that it
    fools.
    """
    x, eps = case.x, how.eps
    LINF.check(eps, x.shape, case.eight_bit)
    common = torch.zeros_like(x[:1])
    sloped = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    best, most = common, -1
    deep = DeepFoolParameters(steps=how.steps, candidates=how.candidates)
    for turn in range(how.passes):
        for index in torch.randperm(len(x), generator=case.generator).tolist():
            yield Progress(turn * len(x) + index, how.passes * len(x), f"pass {turn + 1}")
            one = case.pick(torch.tensor([index], device=x.device))
            shown = (one.x + common).clamp(0, 1)
            logits = case.network.logits(shown)
            if bool(one.criterion.reached(logits)):
                continue
            there = AttackInput(
                case.network, shown, one.criterion, logits, case.generator, eight_bit=False
            )
            z, slope = yield from nearest(there, deep)
            sloped[index] |= slope[0]
            # The change is a vector of its own ball, around 0 and without a box.
            common = (common + z - shown).clamp(-eps, eps)
        fooled = yield from _count(case, common)
        if fooled > most:
            best, most = common, fooled
        if most >= how.share * len(x):
            break
    free = (x + best).clamp(0, 1)
    if case.eight_bit:
        best, most = yield from _round(case, best, eps, most)
    rate = torch.full((len(x),), most / len(x), device=x.device)
    shown = (x + best).clamp(0, 1)
    return RawResult(shown, how.passes, free, no_slope=~sloped, rate=rate, pattern=best[0])


def _round(case: AttackInput, common: Tensor, eps: float, needed: int) -> Steps[tuple[Tensor, int]]:
    """Return (1,C,H,W) whole levels along `common`, and how many pictures they fool."""
    reach = math.floor(eps * TOP + 1e-3) / TOP
    grey = torch.full_like(common, 128 / TOP)
    best, most, scale = torch.zeros_like(common), -1, 1.0
    for _ in range(_GROWTHS):
        levels = (round_l2(grey, grey + common * scale) - grey).clamp(-reach, reach)
        fooled = yield from _count(case, levels)
        if fooled > most:
            best, most = levels, fooled
        if most >= needed:
            break
        scale *= _GROWTH
    return best, most


def _count(case: AttackInput, common: Tensor) -> Steps[int]:
    """Return how many pictures are fooled by `common`."""
    fooled = 0
    for begin in range(0, len(case.x), _BATCH):
        some = torch.arange(begin, min(begin + _BATCH, len(case.x)), device=case.x.device)
        shown = (case.x[some] + common).clamp(0, 1)
        fooled += int(case.criterion.pick(some).reached(case.network.logits(shown)).sum())
        yield Progress(begin, len(case.x), f"{fooled} fooled")
    return fooled
