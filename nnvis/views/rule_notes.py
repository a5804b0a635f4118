"""What a view does that its paper does not say, in one line for the pane."""

from __future__ import annotations

import torch

from nnvis.models.vision import VisionModel
from nnvis.probe import Rule, backward_rule
from nnvis.views.backward import RULES
from nnvis.views.pass_through import forward
from nnvis.views.request import LOGITS


def rule_note(model: VisionModel, view: str, layer: str = LOGITS) -> str:
    """Return what guided backpropagation or deconvolution does on the way from `layer`, or "".

    Found by one pass over a grey picture; a backward view of a live pass tells the same in its
    `met`, at no cost.

    Raises:
        UserError: there is no such layer.
    """
    rule = RULES.get(view, Rule.GRADIENT)
    if rule is Rule.GRADIENT:
        return ""
    x = torch.full((1, model.channels, *model.input_size), 0.5, device=model.device)
    edge = forward(model, x, [layer]).taps[layer].edge
    with backward_rule(rule, [edge.node] if edge else []) as met:
        return met.note(rule)
