"""Looking without leaving a trace: random numbers, modes of torch and weights stay as they are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch._ops import OpOverload

from nnvis.errors import UserError
from nnvis.probe.operations import OperationWatch


@contextmanager
def plain_numbers(device: torch.device) -> Iterator[None]:
    """Compute as the window does, whatever of torch's modes the caller is in."""
    with (
        torch.inference_mode(False),
        torch.no_grad(),
        torch.autocast(device.type, enabled=False),
    ):
        yield


@contextmanager
def random_numbers_kept(device: torch.device) -> Iterator[None]:
    """Put the random numbers of this process back to where they were.

    What another thread draws meanwhile is drawn again, so this is for those networks alone that
    draw some in evaluation mode, too.
    """
    cuda = [device] if device.type == "cuda" else []
    plain, states = random.getstate(), np.random.get_state()  # noqa: NPY002 - the caller's own
    try:
        with torch.random.fork_rng(devices=cuda):
            yield
    finally:
        random.setstate(plain)
        np.random.set_state(states)  # noqa: NPY002


class DrawsError(UserError):
    """The network was about to draw a random number."""

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"the network draws random numbers in evaluation mode, too ({operation}); to look at "
            "it would change the training, so only its numbers are known"
        )


class NoDraws(OperationWatch):
    """Lets nothing on this thread draw random numbers of torch: raises DrawsError before it does.

    To draw and put back would not do beside a training: it might draw in between.
    """

    def operate(
        self, func: OpOverload[..., Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> Any:
        """Run `func`, unless it draws from the generator that everybody shares."""
        if torch.Tag.nondeterministic_seeded in func.tags:
            known = func._schema.arguments
            given = {one.name: one.default_value for one in known if one.has_default_value()}
            given.update(zip((one.name for one in known), args, strict=False))
            given.update(named)
            # Dropout, rectifiers and attention that may draw, but do not in evaluation mode.
            off = given.get("dropout_p") == 0.0 or False in (
                given.get("train"), given.get("training"),
            )  # fmt: skip
            if not off and given.get("generator") is None:
                raise DrawsError(str(func))
        return func(*args, **named)


def draws_random_numbers(look: Callable[[], object]) -> bool:
    """Tell whether `look` draws from the generator that everybody shares; it is ended before."""
    try:
        with NoDraws():
            look()
    except DrawsError:
        return True
    return False
