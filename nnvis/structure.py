"""Dataclasses from JSON that anyone may have written: what does not fit takes its default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from nnvis.errors import UserError

T = TypeVar("T")
_NOTHING = object()  # what does not fit


def limited(
    default: Any = MISSING,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field whose numbers, or words, are within these limits when read."""
    metadata = {"minimum": minimum, "maximum": maximum, "choices": choices}
    made: Field[Any] = field(default=default, metadata=metadata)
    return made


def structure(cls: type[T], stored: object) -> T | None:
    """Read `cls`, a dataclass, from what `json.loads` gave of its `asdict`; never raises.

    A field that is missing, of another type, not finite or outside of its limits takes its
    default, and keys that the class lacks are passed over. Sequences leave out what does not fit,
    but for numbers, which belong together.

    Args:
        cls: whose fields' types are plain ones, enums, literals, dataclasses, unions, sequences.
        stored: an object, or a list of the values in the order of the fields.

    Returns:
        None where it is neither, or a field without a default does not fit.
    """
    hints, known = _hints(cls), fields(cls)  # type: ignore[arg-type]
    if isinstance(stored, list):
        stored = dict(zip((one.name for one in known), stored, strict=False))
    if not isinstance(stored, Mapping):
        return None
    read = {
        one.name: _fitted(hints[one.name], stored[one.name], one.metadata)
        for one in known
        if one.name in stored
    }
    try:
        return cls(**{name: value for name, value in read.items() if value is not _NOTHING})
    except (TypeError, UserError):
        return None


_hints = lru_cache(get_type_hints)


def _fitted(kind: Any, value: Any, limits: Mapping[str, Any]) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        tried = (_fitted(one, value, limits) for one in inner)
        return next((one for one in tried if one is not _NOTHING), _NOTHING)
    if origin in (tuple, list):
        return _sequence(origin, inner, value, limits)
    if kind is Any or (origin is dict and isinstance(value, dict)):
        return value
    if is_dataclass(kind):
        made = structure(kind, value)  # type: ignore[arg-type]
        return _NOTHING if made is None else made
    if kind is type(None):
        return None if value is None else _NOTHING
    if origin is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        among = inner or tuple(kind)
        plain = [one.value if isinstance(one, Enum) else one for one in among]
        return among[plain.index(value)] if isinstance(value, str) and value in plain else _NOTHING
    if kind is float and type(value) is int and abs(value) < 2**53:
        value = float(value)
    if type(value) is not kind or not _within(value, limits):
        return _NOTHING
    return value


def _sequence(origin: Any, inner: tuple[Any, ...], value: Any, limits: Mapping[str, Any]) -> Any:
    if not isinstance(value, list | tuple):
        return _NOTHING
    if origin is tuple and inner[-1:] != (Ellipsis,):
        kinds = inner if len(inner) == len(value) else ()
        read = [_fitted(kind, one, limits) for kind, one in zip(kinds, value, strict=False)]
        return tuple(read) if read and _NOTHING not in read else _NOTHING
    read = [_fitted(inner[0], one, limits) for one in value]
    if inner[0] in (int, float) and (_NOTHING in read or not read):
        return _NOTHING
    return origin(one for one in read if one is not _NOTHING)


def _within(value: Any, limits: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        return not limits.get("choices") or value in limits["choices"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    low, high = limits.get("minimum"), limits.get("maximum")
    finite = abs(value) < 2**63 if isinstance(value, int) else math.isfinite(value)
    return finite and (low is None or value >= low) and (high is None or value <= high)
