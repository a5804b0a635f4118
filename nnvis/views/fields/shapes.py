"""Operations that only move values about: reshaping, transposing, cutting, joining."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnvis.views.fields.box import (
    Box,
    Boxes,
    Interval,
    Rule,
    Shape,
    clip,
    dimension,
    everything,
    only,
    signed,
    union,
)


def reshaped(box: Box, after: Shape, before: Shape) -> Box:
    """Return the box of a tensor shaped `before` that holds `box` of the same shaped `after`.

    Dimensions are taken together in the smallest groups whose sizes agree.
    """
    result: list[Interval] = []
    i = j = 0
    while i < len(before) or j < len(after):
        i0, j0 = i, j
        size = before[i] if i < len(before) else 1
        same = after[j] if j < len(after) else 1
        i, j = min(i + 1, len(before)), min(j + 1, len(after))
        while size != same:
            if size < same:
                size, i = size * before[i], i + 1
            else:
                same, j = same * after[j], j + 1
        low = _flat([interval[0] for interval in box[j0:j]], after[j0:j])
        high = _flat([interval[1] for interval in box[j0:j]], after[j0:j])
        result += _unflat(low, high, before[i0:i])
    return tuple(result)


def _flat(place: Sequence[int], shape: Shape) -> int:
    index = 0
    for at, size in zip(place, shape, strict=True):
        index = index * size + at
    return index


def _unflat(low: int, high: int, shape: Shape) -> list[Interval]:
    """Return the box around the flat indices `low` ... `high`."""
    box: list[Interval] = []
    for size in reversed(shape):
        if low // size == high // size:
            box.append((low % size, high % size))
        else:
            box.append((0, size - 1))
        low, high = low // size, high // size
    return box[::-1]


def _reshape(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    return [reshaped(only(outputs), tuple(node._input_metadata[0].shape), inputs[0])]


def _permute(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box = only(outputs)
    result: list[Interval] = [(0, 0)] * len(box)
    for at, source in enumerate(node._saved_dims):
        result[dimension(source, len(box))] = box[at]
    return [tuple(result)]


def _transpose(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box = list(only(outputs))
    first = dimension(getattr(node, "_saved_dim0", 0), len(box))
    second = dimension(getattr(node, "_saved_dim1", 1), len(box))
    box[first], box[second] = box[second], box[first]
    return [tuple(box)]


def _select(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape = only(outputs), inputs[0]
    at = dimension(node._saved_dim, len(shape))
    index = dimension(node._saved_index, shape[at])
    return [(*box[:at], (index, index), *box[at:])]


def _slice(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape = list(only(outputs)), inputs[0]
    at = dimension(node._saved_dim, len(shape))
    start, step = signed(node._saved_start), node._saved_step
    start = max(0, start + shape[at] if start < 0 else start)
    low, high = box[at]
    box[at] = (start + low * step, start + high * step)
    return [tuple(box)]


def _cat(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box = only(outputs)
    at = dimension(node._saved_dim, len(box))
    sizes = [shape[at] if shape else -1 for shape in inputs]  # -1: a constant, a class token, say
    unknown = sizes.count(-1)
    if unknown > 1:
        return [everything(shape) for shape in inputs]
    missing = node._input_metadata[0].shape[at] - sum(sizes) - unknown
    sizes = [missing if size == -1 else size for size in sizes]
    result: list[Box | None] = []
    begin = 0
    for size in sizes:
        interval = clip(box[at][0] - begin, box[at][1] - begin, size)
        result.append(None if interval is None else (*box[:at], interval, *box[at + 1 :]))
        begin += size
    return result


def _stack(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box = only(outputs)
    at = dimension(node._saved_dim, len(box))
    rest = (*box[:at], *box[at + 1 :])
    return [rest if box[at][0] <= place <= box[at][1] else None for place in range(len(inputs))]


def _split(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    at = dimension(node._saved_dim, len(inputs[0]))
    found: Box | None = None
    begin = 0
    for box, meta in zip(outputs, node._input_metadata, strict=True):
        if box is not None:
            low, high = box[at]
            found = union(found, (*box[:at], (low + begin, high + begin), *box[at + 1 :]))
        begin += meta.shape[at]
    return [found]


def _unbind(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    at = dimension(node._saved_dim, len(inputs[0]))
    found: Box | None = None
    for place, box in enumerate(outputs):
        if box is not None:
            found = union(found, (*box[:at], (place, place), *box[at:]))
    return [found]


def _roll(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    if not node._saved_dims:  # all the values as one row
        return [_rolled_as_row(only(outputs), inputs[0], signed(node._saved_shifts[0]))]
    return [_rolled(only(outputs), inputs[0], node._saved_dims, node._saved_shifts)]


def _rolled_as_row(box: Box, shape: Shape, shift: int) -> Box:
    """Take `shift` from flat places, from the last dimension on, with what is borrowed on the way.

    Where some places of the box borrow and others do not, a dimension is taken whole.
    """
    result: list[Interval] = []
    least = most = 0
    for (low, high), size in zip(reversed(box), reversed(shape), strict=True):
        shift, own = divmod(shift, size)
        low, high = low - own - most, high - own - least
        same = low // size == high // size
        result.append((low % size, high % size) if same else (0, size - 1))
        least, most = -(high // size), -(low // size)
    return tuple(reversed(result))


def _rolled(around: Box, shape: Shape, dims: Sequence[int], shifts: Sequence[int]) -> Box:
    box = list(around)
    for saved, shift in zip(dims, shifts, strict=True):
        at = dimension(saved, len(shape))
        low, high = ((place - signed(shift)) % shape[at] for place in box[at])
        wraps = low > high or box[at] == (0, shape[at] - 1)
        box[at] = (0, shape[at] - 1) if wraps else (low, high)
    return tuple(box)


def _flip(node: Any, outputs: Boxes, inputs: Sequence[Shape]) -> list[Box | None]:
    box, shape = list(only(outputs)), inputs[0]
    for saved in node._saved_dims:
        at = dimension(saved, len(shape))
        low, high = box[at]
        box[at] = (shape[at] - 1 - high, shape[at] - 1 - low)
    return [tuple(box)]


RESHAPES = ("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze")

SHAPES: dict[str, Rule] = {
    **dict.fromkeys(RESHAPES, _reshape),
    "Permute": _permute,
    "Transpose": _transpose,
    "T": _transpose,
    "Select": _select,
    "Slice": _slice,
    "Cat": _cat,
    "Stack": _stack,
    **dict.fromkeys(("Split", "SplitWithSizes", "UnsafeSplit"), _split),
    "Unbind": _unbind,
    "Roll": _roll,
    "Flip": _flip,
}
