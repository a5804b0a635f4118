"""A part of a tensor: a closed interval of indices for every dimension."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Interval = tuple[int, int]  # both ends belong to it
Box = tuple[Interval, ...]
Shape = tuple[int, ...]
Boxes = Sequence[Box | None]  # None: nothing of it
# How one operation of the autograd graph looks back: (node, boxes of its outputs, shapes of its
# inputs) -> boxes of its inputs. The shape of an input that is a constant is ().
Rule = Callable[[Any, Boxes, Sequence[Shape]], list[Box | None]]


def everything(shape: Shape) -> Box:
    """Return the box of a whole tensor."""
    return tuple((0, size - 1) for size in shape)


def union(first: Box | None, second: Box | None) -> Box | None:
    """Return the smallest box around both."""
    if first is None or second is None:
        return first or second
    return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(first, second, strict=True))


def clip(low: int, high: int, size: int) -> Interval | None:
    """Return what of `low` ... `high` lies within a dimension, None for nothing."""
    low, high = max(low, 0), min(high, size - 1)
    return (low, high) if low <= high else None


def only(outputs: Boxes) -> Box:
    """Return the box of an operation's one output."""
    box = outputs[0]
    assert box is not None
    return box


def signed(number: int) -> int:
    """Nodes save integers unsigned: -1 comes as 2**64 - 1."""
    return number - 2**64 if number >= 2**63 else number


def dimension(number: int, rank: int) -> int:
    """Return a saved dimension, counted from the front."""
    return signed(number) % rank
