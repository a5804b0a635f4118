"""The steps of a training that goes on elsewhere in the process: batches and optimisers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)


@contextmanager
def training_steps(
    module: nn.Module,
    batch_came: Callable[[Tensor | None], None],
    before_step: Callable[[], None],
    after_step: Callable[[], None],
) -> Iterator[None]:
    """Hear of what trains `module` inside the block, without taking part in it.

    Args:
        module: what is called with the batch.
        batch_came: takes the pictures (N,C,H,W) of every pass in training mode, as they are given;
            None where there are none among the arguments.
        before_step: called before an optimiser steps that has weights of `module`.
        after_step: and after.
    """
    # Of how many weights it is known whether they are the module's; an id may come again.
    known: WeakKeyDictionary[Optimizer, tuple[int, bool]] = WeakKeyDictionary()

    def heard(_module: nn.Module, args: Any, kwargs: Any) -> None:
        if module.training:
            batch_came(_pictures((args, kwargs)))

    def steps(optimiser: Optimizer) -> bool:
        held = sum(len(group["params"]) for group in optimiser.param_groups)
        if optimiser not in known or known[optimiser][0] != held:
            mine = {id(one) for one in module.parameters()}
            known[optimiser] = (
                held,
                any(id(one) in mine for group in optimiser.param_groups for one in group["params"]),
            )
        return known[optimiser][1]

    def before(optimiser: Optimizer, _args: Any, _kwargs: Any) -> None:
        if steps(optimiser):
            before_step()

    def after(optimiser: Optimizer, _args: Any, _kwargs: Any) -> None:
        if steps(optimiser):
            after_step()

    with ExitStack() as hooks:
        first = module.register_forward_pre_hook(heard, with_kwargs=True)
        hooks.callback(first.remove)
        hooks.callback(register_optimizer_step_pre_hook(before).remove)
        hooks.callback(register_optimizer_step_post_hook(after).remove)
        yield


def _pictures(given: Any) -> Tensor | None:
    """Return the first tensor of four dimensions and floating numbers among what is given."""
    if isinstance(given, Tensor):
        return given if given.ndim == 4 and given.is_floating_point() else None
    inside = given.values() if isinstance(given, Mapping) else given
    if isinstance(given, (tuple, list, Mapping)):
        return next((found for one in inside if (found := _pictures(one)) is not None), None)
    return None
