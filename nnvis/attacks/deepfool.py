"""DeepFool: step by step to the nearest boundary, as if the network were affine."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.registry import DeepFoolParameters
from nnvis.attacks.result import RawResult
from nnvis.attacks.round_small import round_small
from nnvis.progress import Progress, Steps

_OVER = 1e-4  # added to each distance, in the length of the change, so that it ends


def deepfool(case: AttackInput, how: DeepFoolParameters) -> Steps[RawResult]:
    """Moosavi-Dezfooli, Fawzi & Frossard 2016, algorithm 2, for the L2 norm.

    Only the likeliest classes are considered, as their experiments on ImageNet do. With a target
    each step goes to where the target draws level with the leading class; the paper has no
    targeted form. What is found is then rounded to 8 bit, see `round_small`.
    """
    z, sloped = yield from nearest(case, how)
    rounded = yield from round_small(case, z)
    return RawResult(rounded, how.steps, z, no_slope=~sloped)


def nearest(case: AttackInput, how: DeepFoolParameters) -> Steps[tuple[Tensor, Tensor]]:
    """Return (N,C,H,W) pictures just beyond the boundary, and (N,) whether there was a slope."""
    x = case.x
    z, change = x.clone(), torch.zeros_like(x)
    sloped = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    rivals = _rivals(case, how.candidates)
    going = torch.arange(len(x), device=x.device)
    for step in range(how.steps):
        leaf = z[going].detach().requires_grad_()
        scores = case.network.with_graph(leaf)
        criterion = case.criterion.pick(going)
        resisting = ~criterion.reached(scores.detach())
        if not bool(resisting.any()):
            break
        if criterion.target is None:
            own, others = criterion.label, rivals[going]
        else:
            leading = scores.detach().scatter(1, criterion.target[:, None], -torch.inf).argmax(1)
            own, others = leading, criterion.target[:, None]
        shortest = torch.full((len(going),), torch.inf, device=x.device)
        move = torch.zeros_like(leaf)
        for place in range(others.shape[1]):
            gap = (scores.gather(1, others[:, place, None]) - scores.gather(1, own[:, None]))[:, 0]
            keep = place + 1 < others.shape[1]
            slope = case.network.differentiate(gap.sum(), leaf, keep=keep)
            steep = slope.flatten(1).norm(dim=1)
            usable = (steep > 0) & steep.isfinite()
            sloped[going[usable]] = True
            distance = torch.where(usable, gap.detach().abs() / steep, torch.inf)
            closer = distance < shortest
            shortest = torch.where(closer, distance, shortest)
            length = ((distance + _OVER) / steep).view(-1, 1, 1, 1)
            move = torch.where(closer.view(-1, 1, 1, 1), slope * length, move)
            yield Progress(step, how.steps, f"to the nearest boundary, class {place + 1}")
        active = going[resisting]
        change[active] += move[resisting]
        z[active] = (x[active] + (1 + how.overshoot) * change[active]).clamp(0, 1)
        going = active
    return z, sloped


def _rivals(case: AttackInput, candidates: int) -> Tensor:
    """(N,K) -> (N,c): the likeliest classes but the one to leave."""
    others = case.clean_logits.scatter(1, case.criterion.label[:, None], -torch.inf)
    return others.topk(min(candidates, others.shape[1]) - 1, dim=1).indices
