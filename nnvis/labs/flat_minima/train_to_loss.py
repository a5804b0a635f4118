"""Training until the loss on all pictures has come down to a given value, and no further.

How flat a solution is depends on how far it was trained, so solutions are compared at equal loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.labs.flat_minima.sharpness import everything
from nnvis.labs.training.batched_mlp import Stack
from nnvis.labs.training.fit import Loss, batches, gather

Move = Callable[[Tensor, Tensor], None]  # a batch (R,B,D) and which samples it is of (R,B)


@dataclass(frozen=True)
class Way:
    """Where training stands."""

    updates: int
    loss: Tensor  # (R,) on all samples, of a network that has arrived: when it did
    arrived: Tensor  # (R,) bool: it is down to the target


def reach(
    stack: Stack,
    x: Tensor,
    loss: Loss,
    move: Move,
    seeds: Sequence[int],
    *,
    batch: int,
    target: float,
    updates: int,
    every: int,
) -> Iterator[Way]:
    """Train `stack` in place by `move` until each network's loss on all of `x` is <= `target`.

    Yields every `every` updates, where the loss is measured, and after the last. A network that has
    arrived keeps the weights of that moment while the others go on; so does one whose loss is no
    number any more.
    """
    dice = [torch.Generator().manual_seed(7919 * seed + 1) for seed in seeds]
    own = stack.parameters()
    kept = [one.detach().clone() for one in own]
    ended = torch.zeros(stack.runs, dtype=torch.bool, device=x.device)
    last = torch.full((stack.runs,), torch.nan, device=x.device)
    index_of_all = everything(stack, x)
    done = 0
    try:
        while done < updates and not bool(ended.all()):
            for index in batches(x.shape[-2], batch, dice):
                index = index.to(x.device)
                move(gather(x, index), index)
                done += 1
                if done % every and done < updates:
                    continue
                with torch.no_grad():
                    now = loss(stack(x), index_of_all)
                    for saved, one in zip(kept, own, strict=True):
                        saved[~ended] = one[~ended]
                last = torch.where(ended, last, now)
                ended |= (now <= target) | ~now.isfinite()
                yield Way(done, last.clone(), last <= target)
                if bool(ended.all()) or done >= updates:
                    break
    finally:
        with torch.no_grad():
            for saved, one in zip(kept, own, strict=True):
                one.copy_(saved)
