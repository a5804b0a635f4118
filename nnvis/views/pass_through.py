"""One forward pass that can be asked, again and again, what drove a unit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import Met, Rule, Tap, backward_rule, tap, tap_on
from nnvis.views.cells import cells_gradient
from nnvis.views.layout import require_layer
from nnvis.views.request import LOGITS, Cells


@dataclass(frozen=True, slots=True, eq=False)
class ForwardPass:
    """Keeps the graph of the pass, and so its memory, as long as it lives."""

    x: Tensor  # (N,C,H,W), a leaf of the graph
    layers: dict[str, LayerInfo]  # those that were asked for
    taps: dict[str, Tap]  # of these and of LOGITS

    @property
    def logits(self) -> Tensor:
        """What the network put out, off the graph."""
        return self.taps[LOGITS].values


@dataclass(frozen=True, slots=True, eq=False)
class BackwardPass:
    """What came back from one unit."""

    pixels: Tensor | None  # (N,C,H,W), signed, per unit of pixel value; None: was not asked for
    layers: dict[str, Tensor | None]  # shaped as the layers' outputs; None: does not feed the unit
    met: Met


def forward(model: VisionModel, x: Tensor, layers: Collection[str] = ()) -> ForwardPass:
    """Run the network on x (N,C,H,W) in [0,1] and keep the ways back from `layers` and the logits.

    Raises:
        UserError: there is no such layer, or x is not of a float type.
    """
    if not x.is_floating_point():
        raise UserError(f"the pictures are {x.dtype}; give float values in [0, 1]")
    infos = {name: require_layer(model, name) for name in layers if name != LOGITS}
    x = x.detach().requires_grad_()
    with torch.enable_grad(), tap(model, infos) as taps:
        logits = model(x)
    silent = [name for name in infos if name not in taps]
    if silent:
        raise UserError(f"{silent[0]} put out nothing for this picture; choose another layer")
    return ForwardPass(x, infos, {LOGITS: tap_on(logits, last=True), **taps})


def backward(
    passed: ForwardPass,
    layer: str,
    unit: int,
    cells: Cells = "map",
    rule: Rule = Rule.GRADIENT,
    *,
    to: Collection[str] = (),
    pixels: bool = True,
    again: bool = True,
) -> BackwardPass:
    """Follow `unit` of `layer` back to the pixels and to the layers `to`, in one backward pass.

    Args:
        passed: a pass that was asked for `layer` and all of `to`.
        layer: where to start; LOGITS for a class.
        unit: from 0.
        cells: see `cells_gradient`.
        rule: what rectifiers do to the signal.
        to: layers whose gradient is wanted as well.
        pixels: whether the pixels' is; without, the backward pass ends at the lowest of `to`.
        again: keep the graph for other questions; without, its memory serves this answer.

    Raises:
        UserError: there is no such unit or cell, or no gradient leads back from `layer`.
    """
    values = passed.taps[layer].values
    info = describe_end(values) if layer == LOGITS else passed.layers[layer]
    start = cells_gradient(values, info, unit, cells, len(passed.x))
    return send_back(passed, layer, start, rule, to=to, pixels=pixels, again=again)


def send_back(
    passed: ForwardPass,
    layer: str,
    start: Tensor,
    rule: Rule = Rule.GRADIENT,
    *,
    to: Collection[str] = (),
    pixels: bool = True,
    again: bool = True,
) -> BackwardPass:
    """As `backward`, for any gradient `start` of the output of `layer`."""
    origin = passed.taps[layer].edge
    ends = {name: passed.taps[name].edge for name in to}
    targets = [edge for edge in ends.values() if edge is not None]
    if pixels:
        targets.append(get_gradient_edge(passed.x))
    if origin is None:
        raise UserError(f"no gradient leads from {layer or 'the logits'} back to the picture")
    with backward_rule(rule, [origin.node]) as met:
        found = iter(
            torch.autograd.grad([origin], targets, [start], retain_graph=again, allow_unused=True)
        )
    layers = {name: None if edge is None else next(found) for name, edge in ends.items()}
    return BackwardPass(next(found) if pixels else None, layers, met)


def describe_end(logits: Tensor) -> LayerInfo:
    """Return the network's output as a layer: classes (N,K) or maps of them (N,K,h,w).

    Raises:
        UserError: it is something else.
    """
    shape = tuple(logits.shape[1:])
    if logits.ndim == 2:
        return LayerInfo(LOGITS, "output", shape, shape[0], (1, 1), "vector")
    if logits.ndim == 4:
        return LayerInfo(LOGITS, "output", shape, shape[0], (shape[1], shape[2]))
    raise UserError("the network puts out neither classes nor maps of them; choose a layer")
