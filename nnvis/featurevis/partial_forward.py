"""A pass that goes no further than the layer that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.featurevis.target import LOGITS
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import Rule, backward_rule, listen
from nnvis.views.layout import as_maps, require_layer


def layer_of(model: VisionModel, name: str) -> LayerInfo:
    """Return the layer called `name`; LOGITS stands for what the network puts out.

    Raises:
        UserError: there is none, or the network's output is no list of scores.
    """
    if name != LOGITS:
        return require_layer(model, name)
    height, width = model.input_size
    with torch.no_grad():
        scores = model(torch.full((1, model.channels, height, width), 0.5, device=model.device))
    if scores.ndim != 2 or not scores.shape[1]:
        raise UserError(f"{model.name} gives no list of classes; choose a layer")
    classes = scores.shape[1]
    return LayerInfo(LOGITS, "Output", (classes,), classes, (1, 1), "vector")


def partial_forward(model: VisionModel, x: Tensor, layer: LayerInfo) -> Tensor:
    """(N,C,H,W) in [0,1] -> (N,units,h,w), what `layer` puts out, with its graph.

    What follows the layer is not computed: it has no say, and early layers are had for a fraction.

    Raises:
        UserError: the layer was not reached in the pass.
    """
    if layer.name == LOGITS:
        return as_maps(model(x), layer)
    try:
        with listen(model, [layer.name], _stop):
            model(x)
    except _ReachedError as reached:
        return as_maps(reached.output, layer)
    raise UserError(f"the pass did not come to {layer.name}; choose another layer")


@contextmanager
def past_dead_units(values: Tensor, on: bool) -> Iterator[None]:
    """Let a rise pass rectifiers that are shut, in the backward passes of `values` inside.

    A unit that is silent has no slope where it would be needed first; so as long as it is silent
    whatever would lift it counts (lucid's redirected ReLU).
    """
    root = values.grad_fn
    if not on or root is None:
        yield
        return
    with backward_rule(Rule.REDIRECTED, [root]):
        yield


class _ReachedError(Exception):
    """Ends a pass at the layer that is asked."""

    def __init__(self, output: Tensor) -> None:
        super().__init__("reached")
        self.output = output


def _stop(_name: str, output: Tensor) -> None:
    raise _ReachedError(output)
