"""What all attacks share: what was given is checked, and what was found is judged."""

from __future__ import annotations

import pkgutil
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nnvis.attacks.criterion import Criterion
from nnvis.attacks.network import AttackedNetwork
from nnvis.attacks.quantise import from_bytes, require_levels, to_bytes
from nnvis.attacks.registry import Attack
from nnvis.attacks.result import AttackOutcome, RawResult, length, sizes
from nnvis.errors import UserError
from nnvis.progress import Steps


@dataclass(frozen=True, slots=True, eq=False)
class AttackInput:
    """What every method is given."""

    network: AttackedNetwork
    x: Tensor  # (N,C,H,W) in [0,1]
    criterion: Criterion
    clean_logits: Tensor  # (N,K)
    generator: torch.Generator  # on the CPU, so that draws are the same on every device
    eight_bit: bool  # whether the network is to see only pictures of 8 bit

    def pick(self, which: Tensor) -> AttackInput:
        """Return the case of some of the pictures; `which` is an index or a mask."""
        return AttackInput(
            self.network, self.x[which], self.criterion.pick(which), self.clean_logits[which],
            self.generator, self.eight_bit,
        )  # fmt: skip


def run_attack(
    attack: Attack, how: Any, model: nn.Module, x: Tensor, label: Tensor | int | None,
    target: Tensor | int | None, seed: int, eight_bit: bool,
) -> Steps[AttackOutcome]:  # fmt: skip
    """Run `attack` with the parameters `how`; the rest is that of `Attack.__call__`."""
    begin = time.perf_counter()
    x = _picture(x, eight_bit)
    network = AttackedNetwork(model)
    clean = network.logits(x)
    require_finite(clean)
    if attack.needs_target and target is None:
        raise UserError(f"{attack.name} makes a picture of a class: name it as the target")
    criterion = make_criterion(clean, label, target, from_here=not attack.needs_target)
    generator = torch.Generator().manual_seed(seed)
    method = pkgutil.resolve_name(attack.code)
    case = AttackInput(network, x, criterion, clean, generator, eight_bit)
    found: RawResult = yield from method(case, how)
    start = x if found.start is None else found.start
    adversarial, logits = found.adversarial, found.logits
    if eight_bit:
        adversarial = from_bytes(to_bytes(adversarial))
    if logits is None or not torch.equal(adversarial, found.adversarial):
        logits = network.logits(adversarial)
    success = criterion.reached(logits)
    unrounded, before = adversarial, success
    if found.unrounded is not None:
        unrounded = found.unrounded
        before = criterion.reached(network.logits(unrounded))
    none = torch.zeros_like(success)
    linf, l2, l0 = sizes(start, adversarial, eight_bit)
    return AttackOutcome(
        method=attack.name, norm=attack.norm, eps=getattr(how, "eps", None),
        clean=start, adversarial=adversarial, unrounded=unrounded,
        label=criterion.label, target=criterion.target, clean_logits=clean, logits=logits,
        success=success, unrounded_success=before,
        no_slope=(none if found.no_slope is None else found.no_slope) & ~success,
        linf=linf, l2=l2, l0=l0, unrounded_l2=length(start, unrounded),
        rate=found.rate, pattern=found.pattern, steps=found.steps,
        queries=network.queries, gradients=network.gradients,
        seconds=time.perf_counter() - begin,
    )  # fmt: skip


def require_finite(logits: Tensor) -> None:
    """Check the scores of a clean picture.

    Raises:
        UserError: there is no class to leave.
    """
    if not bool(logits.isfinite().all()):
        raise UserError(
            "the network gives NaN or infinite scores for this picture; it cannot be attacked"
        )


def make_criterion(
    clean_logits: Tensor,
    label: Tensor | int | None = None,
    target: Tensor | int | None = None,
    from_here: bool = True,
) -> Criterion:
    """Return the goal for pictures whose scores are (N,K) `clean_logits`.

    Where the attack does not start `from_here`, it may have any target.

    Raises:
        UserError: a class does not exist, or the target is where the attack starts from.
    """
    own = clean_logits.argmax(1)
    left = own if label is None else _classes("label", label, clean_logits)
    if target is None:
        return Criterion(left)
    aim = _classes("target", target, clean_logits)
    if from_here and bool((aim == left).any()):
        raise UserError(
            f"target {int(aim[aim == left][0])} is the class that the network sees already; "
            "name another one"
        )
    return Criterion(left, aim)


def _picture(x: Tensor, eight_bit: bool) -> Tensor:
    if x.ndim != 4 or x.shape[0] < 1 or not x.is_floating_point():
        raise UserError(
            f"an attack takes pictures as (N,C,H,W) numbers in [0,1], not {tuple(x.shape)} of "
            f"{x.dtype}"
        )
    x = x.detach()
    if not bool(((x >= 0) & (x <= 1)).all()):
        raise UserError("this picture has values outside of [0,1]; scale it first")
    if eight_bit:
        require_levels(x)
    return x.float()


def _classes(what: str, given: Tensor | int, logits: Tensor) -> Tensor:
    count, classes = logits.shape
    none = f"does not exist; the network has classes 0 to {classes - 1}"
    if isinstance(given, int) and not 0 <= given < classes:  # or it may not fit into a tensor
        raise UserError(f"{what} {given} {none}")
    row = torch.as_tensor(given, device=logits.device)
    whole = not row.is_floating_point() and row.dtype is not torch.bool
    if not whole or row.numel() not in (1, count):
        raise UserError(f"{what} must be one class, or {count} of them, as whole numbers")
    row = row.long().reshape(-1).expand(count)
    low, high = int(row.min()), int(row.max())
    if low < 0 or high >= classes:
        raise UserError(f"{what} {low if low < 0 else high} {none}")
    return row
