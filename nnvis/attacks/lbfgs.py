"""The first attack of all: L-BFGS in the box, searching for the weight of the size."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.criterion import Criterion
from nnvis.attacks.quasi_newton import minimise_in_box
from nnvis.attacks.registry import LbfgsParameters
from nnvis.attacks.result import RawResult
from nnvis.attacks.round_small import round_small
from nnvis.progress import Steps

_FACTOR = 4.0  # between weights, until the goal was once reached and once missed


def lbfgs(case: AttackInput, how: LbfgsParameters) -> Steps[RawResult]:
    """Minimise c |change|^2 + loss(target) in the box: Szegedy et al. 2014, sec. 4.1.

    The paper writes c |r| and searches c; with the size squared, as everybody since, the
    function is smooth at 0, and the smallest change belongs to the *largest* c that still
    reaches the target. The form is targeted: without a target the runner-up of the clean
    picture is taken. Pictures are attacked one after another. What is found is then rounded to
    8 bit, see `round_small`.
    """
    places, sloped = [], []
    for index in range(len(case.x)):
        one = case.pick(torch.tensor([index], device=case.x.device))
        place, slope = yield from _search(one, how)
        places.append(place)
        sloped.append(slope)
    best = torch.cat(places)
    rounded = yield from round_small(case, best)
    no_slope = ~torch.tensor(sloped, device=case.x.device)
    return RawResult(rounded, how.searches * how.steps, best, no_slope=no_slope)


def _search(case: AttackInput, how: LbfgsParameters) -> Steps[tuple[Tensor, bool]]:
    """Return the nearest picture found for a batch of one, and whether there was a slope."""
    x, network = case.x, case.network
    aim = _target(case)
    weight, low, high = how.weight, 0.0, torch.inf
    best, shortest, sloped = x, torch.inf, False

    def evaluate(z: Tensor) -> tuple[float, Tensor]:
        nonlocal best, shortest, sloped
        logits, slope = network.slope(z, lambda scores: _loss(aim, scores))
        sloped = sloped or bool(slope.abs().amax() > 0)
        change = z - x
        length = float(change.norm())
        if length < shortest and bool(case.criterion.reached(logits)):
            best, shortest = z, length
        value = float(_loss(aim, logits)) + weight * length**2
        return value, torch.nan_to_num(slope, 0.0, 0.0, 0.0) + 2 * weight * change

    for _ in range(how.searches):
        z = yield from minimise_in_box(evaluate, x, 0, 1, how.steps)
        if bool(case.criterion.reached(network.logits(z))):
            low = weight
        else:
            high = weight
        if low == 0:
            weight = high / _FACTOR
        elif high == torch.inf:
            weight = low * _FACTOR
        else:
            weight = (low * high) ** 0.5
    return best, sloped


def _target(case: AttackInput) -> Criterion:
    criterion = case.criterion
    if criterion.target is not None:
        return criterion
    runner_up = case.clean_logits.scatter(1, criterion.label[:, None], -torch.inf).argmax(1)
    return Criterion(criterion.label, runner_up)


def _loss(criterion: Criterion, logits: Tensor) -> Tensor:
    assert criterion.target is not None
    return torch.nn.functional.cross_entropy(logits, criterion.target, reduction="sum")
