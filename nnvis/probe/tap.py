"""Where a layer's output stands in the autograd graph, and what it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from nnvis.probe.record import listen


@dataclass(frozen=True, slots=True, eq=False)
class Tap:
    """One output of one pass."""

    values: Tensor  # as they were put out, off the graph
    edge: GradientEdge | None  # None where no gradient leads to the picture


@contextmanager
def tap(model: nn.Module, layers: Iterable[str]) -> Iterator[dict[str, Tap]]:
    """Collect the outputs of `layers` and their places in the graph, under the names of `record`.

    A place stays what it is when an in-place ReLU follows, which the tensor itself does not; so
    nothing has to be put into the pass.

    Raises:
        UserError: the model has no layer of such a name.
    """
    taps: dict[str, Tap] = {}

    def heard(name: str, output: Tensor) -> None:
        taps[name] = tap_on(output)

    with listen(model, layers, heard):
        yield taps


def tap_on(output: Tensor, *, last: bool = False) -> Tap:
    """Return the tap of a tensor; nothing overwrites the `last` one of a pass."""
    edge = get_gradient_edge(output) if output.requires_grad else None
    return Tap(output.detach() if last else output.detach().clone(), edge)
