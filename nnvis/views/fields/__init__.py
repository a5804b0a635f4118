"""Which part of the inputs a part of an operation's output can depend on, by its own settings."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from torch.autograd.graph import Node

from nnvis.views.fields.box import Box, Boxes, Interval, Shape, everything, union
from nnvis.views.fields.mixing import MIXING
from nnvis.views.fields.shapes import RESHAPES, SHAPES
from nnvis.views.fields.windows import WINDOWS

__all__ = ["Box", "Interval", "look_back", "operation", "union"]

_RULES = {**MIXING, **SHAPES, **WINDOWS}


def operation(node: Node) -> str:
    """Return what `node` does, as the rules are called."""
    return re.sub(r"Backward\d*$", "", node.name())


def look_back(
    name: str, settings: Any, outputs: Boxes, inputs: Sequence[Shape]
) -> tuple[Sequence[Box | None], str]:
    """Return the boxes of an operation's inputs, and its name if they may be larger than need be.

    Without a rule the answer is everything, which is never too small. A part of a reshaped tensor
    that was no box before is taken for the box around it.

    Args:
        name: of the operation.
        settings: its node, or what answers as it does.
        outputs: boxes of its outputs, at least one of them not None.
        inputs: shapes of its inputs, () for a constant.
    """
    rule = _RULES.get(name)
    if rule is not None:
        found = rule(settings, outputs, inputs)
        loose = name in RESHAPES and _volume(found[0]) > _volume(outputs[0])
        return found, "reshape" if loose else ""
    return [everything(shape) for shape in inputs], name if inputs else ""


def _volume(box: Box | None) -> int:
    return 0 if box is None else math.prod(high - low + 1 for low, high in box)
