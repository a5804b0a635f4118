"""Whether values that were read are of the types that a dataclass says."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def typed(value: T) -> T:
    """Return `value`, a dataclass made of what a file said, if all its fields are of their types.

    An int may stand where a float should; a bool is no number, and a float is finite or NaN.

    Raises:
        TypeError: one is not; names it.
    """
    for name in _wrong(value):
        raise TypeError(f"{name} is not what it should be")
    return value


def fits(value: Any, hint: Any) -> bool:
    """Tell whether `value` is of the type `hint`, with all that it holds."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if hint is float:
        return type(value) in (int, float) and (value != value or abs(value) <= sys.float_info.max)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if origin is tuple and inner[-1:] == (Ellipsis,):
        return isinstance(value, tuple) and all(fits(one, inner[0]) for one in value)
    if origin is tuple:
        return (
            isinstance(value, tuple)
            and len(value) == len(inner)
            and all(fits(one, kind) for one, kind in zip(value, inner, strict=True))
        )
    if origin is list:
        return isinstance(value, list) and all(fits(one, inner[0]) for one in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            fits(key, inner[0]) and fits(one, inner[1]) for key, one in value.items()
        )
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return isinstance(value, hint) and not any(_wrong(value))
    return type(value) is hint or (hint in (None, type(None)) and value is None)


def _wrong(value: Any) -> Iterator[str]:
    hints = typing.get_type_hints(type(value))
    for one in dataclasses.fields(value):
        if not fits(getattr(value, one.name), hints[one.name]):
            yield one.name
