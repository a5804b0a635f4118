"""The smallest ball in which a method finds its goal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from nnvis.attacks.quantise import TOP
from nnvis.attacks.registry import Attack
from nnvis.attacks.result import AttackOutcome
from nnvis.errors import UserError
from nnvis.progress import Progress, Steps, relayed


@dataclass(frozen=True, slots=True, eq=False)
class SmallestEps:
    """`eps` is None where even the largest ball did not do; `tried` has every size and result."""

    eps: float | None
    outcome: AttackOutcome | None  # at `eps`
    tried: tuple[tuple[float, bool], ...]
    warning: str  # of the last failure: where gradients are lacking, it shows nothing


def smallest_eps(
    attack: Attack,
    model: nn.Module,
    x: Tensor,
    label: Tensor | int | None = None,
    *,
    target: Tensor | int | None = None,
    highest: float = 64 / 255,
    values: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Steps[SmallestEps]:
    """Double eps until `attack` succeeds on the one picture `x`, then bisect.

    In L-inf the sizes are whole levels of 8 bit; in L2 the last two are within 5 %. An attack
    that fails proves nothing, so that this is an upper bound of the smallest eps there is.

    Raises:
        UserError: the method has no eps, or there are several pictures.
    """
    if not any(one.name == "eps" for one in attack.options):
        raise UserError(f"{attack.name} has no eps to search; use pgd or pgd-l2, say")
    if len(x) != 1:
        raise UserError("the smallest eps is searched for one picture at a time")
    whole = attack.norm == "linf"
    low, high = 0.0, math.inf
    eps = 1 / TOP if whole else min(0.05, highest)
    best: AttackOutcome | None = None
    tried: list[tuple[float, bool]] = []
    warning = ""
    while True:
        size = f"{eps * TOP:.0f}/{TOP}" if whole else f"{eps:.3g}"

        def sized(step: Progress, size: str = size) -> Progress:
            return Progress(step.done, step.total, f"eps {size}")

        found = attack(model, x, label, target=target, seed=seed, **{**(values or {}), "eps": eps})
        outcome = yield from relayed(found, sized)
        success = bool(outcome.success)
        tried.append((eps, success))
        if success:
            high, best = eps, outcome
        else:
            low, warning = eps, outcome.warning or warning
        if math.isinf(high):
            if low >= highest * 0.999:
                break
            eps = min(2 * low, highest)
        elif whole:
            between = (round(low * TOP) + round(high * TOP)) // 2
            if between <= round(low * TOP):
                break
            eps = between / TOP
        else:
            if high <= 1.05 * low or (low == 0 and high < 1.05 / TOP):
                break
            eps = max((low + high) / 2, 1 / TOP)
    return SmallestEps(None if best is None else high, best, tuple(sorted(tried)), warning)
