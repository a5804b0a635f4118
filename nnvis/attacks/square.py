"""Square attack: random squares of the largest change, kept where they help. No gradients."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nnvis.attacks.attack import AttackInput
from nnvis.attacks.norms import LINF
from nnvis.attacks.registry import SquareParameters
from nnvis.attacks.result import RawResult
from nnvis.progress import Progress, Steps

# After which share of the queries the squares shrink to half their area (sec. 3.2, for 10,000).
_HALVE = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)


def square(case: AttackInput, how: SquareParameters) -> Steps[RawResult]:
    """Andriushchenko et al. 2020, algorithms 1 and 2, L-inf: needs nothing but scores.

    The loss is the margin, as theirs for the untargeted form; with a target it is the margin
    too, where they take the cross-entropy.
    """
    LINF.check(how.eps, case.x.shape, case.eight_bit)
    x, generator = case.x, case.generator
    count, channels, height, width = x.shape

    def signs(*shape: int) -> Tensor:
        return (torch.randint(0, 2, shape, generator=generator) * 2.0 - 1).to(x) * how.eps

    def shown(change: Tensor, start: Tensor) -> Tensor:
        place = (start + change).clamp(0, 1)
        return LINF.around(start, how.eps).round(place) if case.eight_bit else place

    change = signs(count, channels, 1, width).expand_as(x).contiguous()  # vertical stripes
    best = shown(change, x)
    margin = case.criterion.margin(case.network.logits(best))
    for query in range(1, how.queries):
        going = torch.nonzero(~(margin < 0))[:, 0] if how.stop else torch.arange(count)
        going = going.to(x.device)
        if not len(going):
            break
        side = _side(how, query, height, width)
        tried = change[going]
        for row in range(len(going)):
            top = int(torch.randint(0, height - side + 1, (), generator=generator))
            left = int(torch.randint(0, width - side + 1, (), generator=generator))
            tried[row, :, top : top + side, left : left + side] = signs(channels, 1, 1)
        picture = shown(tried, x[going])
        new = case.criterion.pick(going).margin(case.network.logits(picture))
        better = new < margin[going]
        taken = going[better]
        margin[taken], change[taken], best[taken] = new[better], tried[better], picture[better]
        yield Progress(query + 1, how.queries, f"{count - int((margin < 0).sum())} resist")
    return RawResult(best, how.queries)


def _side(how: SquareParameters, query: int, height: int, width: int) -> int:
    """Return the side of the squares at this query."""
    halved = sum(query >= share * how.queries for share in _HALVE)
    area = how.share * 0.5**halved * height * width
    return max(1, min(round(math.sqrt(area)), height - 1, width - 1))
