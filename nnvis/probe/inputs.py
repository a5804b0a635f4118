"""What the network itself is given in a pass, behind all that stands before it, and puts out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from nnvis.probe.record import network_of, trace


@contextmanager
def given(model: nn.Module) -> Iterator[list[Tensor]]:
    """Collect, one a pass, the tensors that a module, or the network inside `model`, is given."""
    inputs: list[Tensor] = []

    def hear(_module: nn.Module, args: tuple[object, ...]) -> None:
        if args and isinstance(args[0], Tensor):
            inputs.append(args[0].detach().clone())

    handle = network_of(model).register_forward_pre_hook(hear)
    try:
        yield inputs
    finally:
        handle.remove()


@contextmanager
def put_out(model: nn.Module, most: int = 2, latest: bool = False) -> Iterator[list[object]]:
    """Collect, one a pass, all that the network inside `model` puts out in the first passes.

    With `latest`, in the last ones.
    """
    outputs: list[object] = []

    def hear(_module: nn.Module, _args: object, output: object) -> None:
        if len(outputs) < most:  # they may keep graphs alive
            outputs.append(output)
        elif latest and most:
            outputs[:] = [*outputs[1:], output]

    handle = network_of(model).register_forward_hook(hear)
    try:
        yield outputs
    finally:
        handle.remove()


def last_linear(model: nn.Module, x: Tensor) -> nn.Module | None:
    """Return the layer that is given the penultimate features: the last linear one that `x` passes.

    Of a network without linear layers, or with a convolution of one cell at its end, the last of
    either; None where there is none.
    """
    called = [one.module for one in trace(model, x)]
    return next((one for one in reversed(called) if isinstance(one, (nn.Linear, nn.Conv2d))), None)
