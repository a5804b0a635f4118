"""What the network itself is given in a pass, behind all that stands before it, and puts out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

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


@contextmanager
def last_linear(model: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what the last linear layer of a pass is given: (N,D), the penultimate features.

    Of a network without linear layers, or with a convolution of one cell at its end, what the last
    of either is given. The list holds one tensor at the end of the pass, or none.
    """
    last: list[Tensor] = []

    def hear(_module: nn.Module, args: tuple[object, ...]) -> None:
        if args and isinstance(args[0], Tensor):
            last[:] = [args[0].detach()]

    found = [
        one
        for one in network_of(model).modules()
        if isinstance(one, (nn.Linear, nn.Conv2d, nn.LazyLinear))
    ]
    with ExitStack() as hooks:
        for module in found:
            hooks.callback(module.register_forward_pre_hook(hear).remove)
        yield last
