"""Random changes of the same size: the control that shows that direction does it, not size."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.gradient_loop import Best
from nnvis.attacks.norms import LINF
from nnvis.attacks.registry import NoiseParameters
from nnvis.attacks.result import RawResult
from nnvis.progress import Progress, Steps


def noise(case: AttackInput, how: NoiseParameters) -> Steps[RawResult]:
    """Change every value at random, some times; return the draw that came nearest to the goal.

    Goodfellow, Shlens & Szegedy 2015, sec. 4, compare with random signs too. "gaussian" has a
    spread of eps/2 and is cut off at eps. `AttackOutcome.rate` is the share of draws that
    reached it.
    """
    LINF.check(how.eps, case.x.shape, case.eight_bit)
    best, around = Best(case), LINF.around(case.x, how.eps)
    hits = torch.zeros(len(case.x), device=case.x.device)
    everything = torch.arange(len(case.x), device=case.x.device)
    for draw in range(how.draws):
        place = (case.x + change(case.x, how.eps, how.kind, case.generator)).clamp(0, 1)
        shown = around.round(place) if case.eight_bit else place
        logits = case.network.logits(shown)
        margin = case.criterion.margin(logits)
        best.offer(everything, shown, margin, logits)
        hits += margin < 0
        yield Progress(draw + 1, how.draws, f"random {how.kind} changes")
    best.note_slope(everything, torch.ones_like(hits, dtype=torch.bool))
    return replace(best.found(how.draws), rate=hits / how.draws)


def change(x: Tensor, eps: float, kind: str, generator: torch.Generator) -> Tensor:
    """Return a random change shaped as `x`, no value of it larger than `eps`."""
    if kind == "sign":
        drawn = torch.randint(0, 2, x.shape, generator=generator) * 2.0 - 1
    elif kind == "uniform":
        drawn = torch.rand(x.shape, generator=generator) * 2 - 1
    else:
        drawn = (torch.randn(x.shape, generator=generator) / 2).clamp(-1, 1)
    return drawn.to(x) * eps
