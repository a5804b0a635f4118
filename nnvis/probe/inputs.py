"""What the network itself is given in a pass, behind all that stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from nnvis.probe.record import network_of


@contextmanager
def given(model: nn.Module) -> Iterator[list[Tensor]]:
    """Collect, one a pass, the tensors that the network inside `model` is called with."""
    inputs: list[Tensor] = []

    def hear(_module: nn.Module, args: tuple[Tensor, ...]) -> None:
        inputs.append(args[0].detach().clone())

    handle = network_of(model).register_forward_pre_hook(hear)
    try:
        yield inputs
    finally:
        handle.remove()
