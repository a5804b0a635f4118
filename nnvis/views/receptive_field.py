"""What part of the picture a cell can see, and what part of that it does see."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from torch import Tensor
from torch.autograd.graph import GradientEdge, Node, get_gradient_edge

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.probe import below
from nnvis.views.fields import Box, Interval, look_back, union
from nnvis.views.layout import require_unit
from nnvis.views.pass_through import ForwardPass, backward


@dataclass(frozen=True, slots=True)
class Field:
    """A rectangle of the picture that was fed: top <= y < bottom, left <= x < right."""

    top: int
    left: int
    bottom: int
    right: int
    loose: tuple[str, ...] = ()  # operations taken to see all: the true field may be smaller


def theoretical_field(
    passed: ForwardPass, layer: str, cell: tuple[int, int], unit: int | None = None
) -> Field | None:
    """Return the field of a cell, from the settings of every operation on the way.

    Args:
        passed: a pass that was asked for `layer`.
        layer: the cell's.
        cell: row and column.
        unit: of this one only, which sees less where channels are split; None: of any.

    Returns:
        The field, cut to the picture; None where the cell sees nothing of it.

    Raises:
        UserError: there is no such unit or cell, or no gradient leads back to the picture.
    """
    info, tap = passed.layers[layer], passed.taps[layer]
    if tap.edge is None:
        raise UserError(f"no gradient leads from {layer} back to the picture")
    start = _cell_box(tuple(tap.values.shape), info, cell, unit)
    box, loose = _walk(tap.edge, start, get_gradient_edge(passed.x).node)
    if box is None:
        return None
    (top, bottom), (left, right) = box[2:]
    return Field(top, left, bottom + 1, right + 1, tuple(sorted(loose)))


def squared_gradient(passed: ForwardPass, layer: str, unit: int, cell: tuple[int, int]) -> Tensor:
    """Return (H,W): how strongly each pixel moves the cell; averaged over frames its field.

    The effective receptive field of Luo et al. 2016, sec. 2; mean over the pictures of the pass.
    """
    pixels = backward(passed, layer, unit, cell).pixels
    assert pixels is not None
    return pixels.square().sum(1).mean(0)


def _cell_box(
    shape: tuple[int, ...], info: LayerInfo, cell: tuple[int, int], unit: int | None
) -> Box:
    """Return the place of a cell in the output of its layer."""
    row, column = cell
    height, width = info.map_shape
    if not (0 <= row < height and 0 <= column < width):
        raise UserError(f"{info.name} has no cell {row},{column}; its maps are {height} x {width}")
    if unit is not None:
        require_unit(info, unit)
    units = (0, info.units - 1) if unit is None else (unit, unit)
    batch = (0, shape[0] - 1)
    if info.layout == "vector":
        return batch, units
    if info.layout == "maps_last":
        return batch, (row, row), (column, column), units
    place = row * width + column
    if info.layout == "tokens":
        token = info.order[place] if info.order else place
        return batch, (info.prefix + token,) * 2, units
    return (batch, units, *_unflat(place, shape[2:]))


def _unflat(place: int, shape: tuple[int, ...]) -> list[Interval]:
    box: list[Interval] = []
    for size in reversed(shape):
        box.append((place % size, place % size))
        place //= size
    return box[::-1]


def _walk(edge: GradientEdge, start: Box, end: Node) -> tuple[Box | None, set[str]]:
    """Carry a box from `edge` back to `end`, every node after all that were computed from it."""
    nodes = below([edge.node])
    waiting: Counter[Node] = Counter()
    for node in nodes:
        waiting.update(source for source, _ in node.next_functions if source is not None)
    boxes: dict[Node, list[Box | None]] = {
        node: [None] * len(node._input_metadata) for node in nodes
    }
    boxes[edge.node][edge.output_nr] = start
    loose: set[str] = set()
    ready = [edge.node]
    while ready:
        node = ready.pop()
        sources = node.next_functions
        shapes = [
            () if source is None else tuple(source._input_metadata[place].shape)
            for source, place in sources
        ]
        found, without_rule = look_back(node, boxes[node], shapes)
        loose.update({without_rule} - {""})
        for (source, place), box in zip(sources, found, strict=True):
            if source is None:
                continue
            boxes[source][place] = union(boxes[source][place], box)
            waiting[source] -= 1
            if not waiting[source]:
                ready.append(source)
    return (boxes[end][0] if end in boxes else None), loose
