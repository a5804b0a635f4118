"""One change for many pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.attacks.attack import Attack, Case
from nnvis.attacks.balls import LINF
from nnvis.attacks.deepfool import DeepFoolParameters, nearest
from nnvis.attacks.outcome import Found
from nnvis.attacks.parameters import option
from nnvis.progress import Progress, Steps


@dataclass(frozen=True, slots=True)
class UniversalParameters:
    """Of the universal perturbation."""

    eps: float = option(10 / 255, "largest change of a value, as in 4/255")
    passes: int = option(5, "over all the pictures", 1, 100)
    share: float = option(0.8, "of the pictures that is to be fooled", 0, 1)
    steps: int = option(10, "of DeepFool for each picture and pass", 1, 100)
    candidates: int = option(5, "classes that DeepFool considers", 2, 1000)


def universal(case: Case, how: UniversalParameters) -> Steps[Found]:
    """Add up DeepFool's changes, projected to the ball: Moosavi-Dezfooli et al. 2017, algorithm 1.

    `Outcome.pattern` is the change, the same for every picture before the box cuts it;
    `Outcome.rate` the share of the pictures that it moves to the goal.
    """
    x = case.x
    LINF.check(how.eps, x.shape, case.eight_bit)
    zero = torch.zeros_like(x[:1])
    common, sloped = zero.clone(), torch.zeros(len(x), dtype=torch.bool, device=x.device)
    best, most = common, -1
    deep = DeepFoolParameters(steps=how.steps, candidates=how.candidates)
    for turn in range(how.passes):
        for index in torch.randperm(len(x), generator=case.generator).tolist():
            yield Progress(turn * len(x) + index, how.passes * len(x), f"pass {turn + 1}")
            one = case.pick(torch.tensor([index], device=x.device))
            shown = _add(one.x, common, how.eps, case.eight_bit)
            logits = case.network.logits(shown)
            if bool(one.goal.reached(logits)):
                continue
            there = Case(case.network, shown, one.goal, logits, case.generator, eight_bit=False)
            z, slope = yield from nearest(there, deep)
            sloped[index] |= slope[0]
            # The change is a vector of its own ball, around 0 and without a box.
            common = (common + z - shown).clamp(-how.eps, how.eps)
        fooled = 0
        for begin in range(0, len(x), 8):
            part = slice(begin, begin + 8)
            shown = _add(x[part], common, how.eps, case.eight_bit)
            goal = case.goal.pick(torch.arange(len(x), device=x.device)[part])
            fooled += int(goal.reached(case.network.logits(shown)).sum())
            yield Progress((turn + 1) * len(x), how.passes * len(x), f"{fooled} fooled")
        if fooled > most:
            best, most = common, fooled
        if most >= how.share * len(x):
            break
    shown = _add(x, best, how.eps, case.eight_bit)
    rate = torch.full((len(x),), most / len(x), device=x.device)
    return Found(
        shown, how.passes, (x + best).clamp(0, 1), no_slope=~sloped, rate=rate, pattern=best[0]
    )


def _add(x: Tensor, common: Tensor, eps: float, eight_bit: bool) -> Tensor:
    place = (x + common).clamp(0, 1)
    return LINF.round(x, place, eps) if eight_bit else place


UNIVERSAL = Attack(
    "universal",
    "one change for many",
    "Moosavi-Dezfooli et al. 2017",
    "linf",
    UniversalParameters,
    universal,
)
