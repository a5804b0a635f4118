"""Carlini & Wagner's L2 attack: the smallest change that wins by a margin, by Adam."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.registry import CarliniWagnerParameters
from nnvis.attacks.result import RawResult
from nnvis.attacks.round_small import round_small
from nnvis.progress import Progress, Steps

_EDGE = 0.999999  # of the way to black and white, where tanh reaches them only at infinity
_LARGEST = 1e10  # of the constant


def carlini_wagner(case: AttackInput, how: CarliniWagnerParameters) -> Steps[RawResult]:
    """Minimise |change|^2 + c * max(margin, -confidence): Carlini & Wagner 2017, sec. V and VI.A.

    The box is kept by writing the picture as tanh, and c is bisected. A search ends early where
    the loss stands still over a tenth of the steps, as in the authors' code. What is found is
    then rounded to 8 bit, see `round_small`; the paper's sec. V.B does so by greedy search.
    """
    x, network, criterion = case.x, case.network, case.criterion
    shape = (len(x), 1, 1, 1)
    origin = ((2 * x - 1) * _EDGE).atanh()
    reference = (origin.tanh() + 1) / 2
    constant = torch.full((len(x),), how.constant, device=x.device)
    low, high = torch.zeros_like(constant), torch.full_like(constant, torch.inf)
    best, shortest = x.clone(), torch.full_like(constant, torch.inf)
    sloped = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    checks = math.ceil(how.steps / 10)
    for search in range(how.searches):
        shift = torch.zeros_like(x)
        adam = _Adam(shift, how.step)
        won = torch.zeros_like(sloped)
        before = math.inf
        for step in range(how.steps):
            leaf = shift.detach().requires_grad_()
            with torch.enable_grad():
                z = ((origin + leaf).tanh() + 1) / 2
                distance = (z - reference).flatten(1).square().sum(1)
            margin = criterion.margin(network.with_graph(z))
            with torch.enable_grad():
                lack = (margin + how.confidence).clamp(min=0)
                loss = (distance + constant * lack).sum()
            slope = network.differentiate(loss, leaf)
            # The way back alone gives a slope too, but none at the picture itself.
            if step == 0:
                sloped |= slope.flatten(1).abs().amax(1) > 0
            adam.step(torch.nan_to_num(slope, 0.0, 0.0, 0.0))
            if step % checks == 0:
                now = float(loss.detach())
                if not now <= 0.9999 * before:
                    break
                before = now
            reached = margin.detach() + how.confidence < 0
            won |= reached
            length = (z.detach() - x).flatten(1).norm(dim=1)
            better = reached & (length < shortest)
            shortest = torch.where(better, length, shortest)
            best = torch.where(better.view(shape), z.detach(), best)
            yield Progress(
                search * how.steps + step + 1, how.searches * how.steps, f"constant {search + 1}"
            )
        high, low = torch.where(won, constant, high), torch.where(won, low, constant)
        constant = torch.where(high.isinf(), constant * 10, (low + high) / 2).clamp(max=_LARGEST)
    rounded = yield from round_small(case, best)
    return RawResult(rounded, how.searches * how.steps, best, no_slope=~sloped)


class _Adam:
    """Kingma & Ba 2015, on one tensor; torch's own takes two seconds to import."""

    def __init__(self, place: Tensor, rate: float) -> None:
        self._place, self._rate = place, rate
        self._mean, self._square = torch.zeros_like(place), torch.zeros_like(place)
        self._steps = 0

    @torch.no_grad()
    def step(self, slope: Tensor) -> None:
        """Move the tensor in place."""
        self._steps += 1
        self._mean.lerp_(slope, 0.1)
        self._square.lerp_(slope.square(), 0.001)
        mean = self._mean / (1 - 0.9**self._steps)
        spread = (self._square / (1 - 0.999**self._steps)).sqrt_().add_(1e-8)
        self._place.addcdiv_(mean, spread, value=-self._rate)
