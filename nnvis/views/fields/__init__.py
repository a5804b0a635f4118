"""Which part of the inputs a part of an operation's output can depend on, by its own settings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch.autograd.graph import Node

from nnvis.views.fields.box import Box, Boxes, Interval, Shape, everything, union
from nnvis.views.fields.mixing import MIXING
from nnvis.views.fields.shapes import SHAPES
from nnvis.views.fields.windows import WINDOWS

__all__ = ["Box", "Interval", "look_back", "union"]

_RULES = {**MIXING, **SHAPES, **WINDOWS}


def look_back(
    node: Node, outputs: Boxes, inputs: Sequence[Shape]
) -> tuple[Sequence[Box | None], str]:
    """Return the boxes of the inputs of `node`, and its name if there is no rule for it.

    Without a rule the answer is everything, which is never too small.
    """
    if all(box is None for box in outputs):
        return [None] * len(inputs), ""
    name = re.sub(r"Backward\d*$", "", node.name())
    rule = _RULES.get(name)
    if rule is not None:
        return rule(node, outputs, inputs), ""
    return [everything(shape) for shape in inputs], name if inputs else ""
