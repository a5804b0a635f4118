"""What part of the picture a cell can see, and what part of that it does see."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.autograd.graph import Node, get_gradient_edge

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.probe import below
from nnvis.views.fields import Box, Interval, look_back, operation, union
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


class FieldFinder:
    """Finds the fields of the cells of one layer, along a way back that is looked up once."""

    def __init__(self, passed: ForwardPass, layer: str) -> None:
        """Look up the way from `layer`, which the pass was asked for, back to the picture.

        Raises:
            UserError: no gradient leads back to the picture.
        """
        self._info, tap = passed.layers[layer], passed.taps[layer]
        if tap.edge is None:
            raise UserError(f"no gradient leads from {layer} back to the picture")
        self._shape = tuple(tap.values.shape)
        self._way = _way_back(tap.edge.node)
        self._begin = tap.edge
        self._end = get_gradient_edge(passed.x).node

    def of(self, cell: tuple[int, int], unit: int | None = None) -> Field | None:
        """Return the field of a cell, from the settings of every operation on the way.

        Args:
            cell: row and column.
            unit: of this one only, which sees less where channels are split; None: of any.

        Returns:
            The field, cut to the picture; None where the cell sees nothing of it.

        Raises:
            UserError: there is no such unit or cell.
        """
        boxes: dict[Node, list[Box | None]] = {one.node: [None] * one.outputs for one in self._way}
        start = _cell_box(self._shape, self._info, cell, unit)
        boxes[self._begin.node][self._begin.output_nr] = start
        loose: set[str] = set()
        for one in self._way:
            outputs = boxes[one.node]
            if all(box is None for box in outputs):
                continue
            found, without_rule = look_back(one.name, one.settings, outputs, one.shapes)
            if without_rule:
                loose.add(without_rule)
            for (source, place), box in zip(one.sources, found, strict=True):
                if source is not None:
                    boxes[source][place] = union(boxes[source][place], box)
        seen = boxes[self._end][0] if self._end in boxes else None
        if seen is None:
            return None
        (top, bottom), (left, right) = seen[2:]
        return Field(top, left, bottom + 1, right + 1, tuple(sorted(loose)))


def theoretical_field(
    passed: ForwardPass, layer: str, cell: tuple[int, int], unit: int | None = None
) -> Field | None:
    """Return the field of one cell; see FieldFinder, which is quicker for many."""
    return FieldFinder(passed, layer).of(cell, unit)


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


class _Settings:
    """What a node of the autograd graph knows, each read once: reading is slow there."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._node, name)
        setattr(self, name, value)
        return value


@dataclass(frozen=True, slots=True)
class _Operation:
    node: Node
    name: str
    settings: _Settings
    outputs: int
    sources: tuple[tuple[Node | None, int], ...]
    shapes: tuple[tuple[int, ...], ...]  # of the inputs; () for a constant


def _way_back(begin: Node) -> list[_Operation]:
    """Return all that `begin` was computed from, every node after those computed from it."""
    waiting: Counter[Node] = Counter()
    for node in below([begin]):
        waiting.update(source for source, _ in node.next_functions if source is not None)
    way, ready = [], [begin]
    while ready:
        node = ready.pop()
        sources = tuple(node.next_functions)
        shapes = tuple(
            () if source is None else tuple(source._input_metadata[place].shape)
            for source, place in sources
        )
        count = len(node._input_metadata)
        way.append(_Operation(node, operation(node), _Settings(node), count, sources, shapes))
        for source, _ in sources:
            if source is not None:
                waiting[source] -= 1
                if not waiting[source]:
                    ready.append(source)
    return way
