"""Dataclasses of plain values and arrays as messages, and back: nothing in them can run.

A message is a list of parts: one of JSON, then the bytes of each array. What comes is read by the
types of the class that is expected: another type, an array of another kind or size, or more than
the limits is refused, and nothing of it is kept. No pickle is ever made or read.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

from nnvis.files.json_text import parse_json

T = TypeVar("T")
Part = bytes | memoryview

MOST_PARTS = 4096  # arrays of a message: thumbnails, frames of a stream
MOST_JSON = 8 << 20  # bytes
MOST_BYTES = 128 << 20  # of all arrays of a message
_MOST_SIDE = 1 << 31
_DTYPES = ("uint8", "bool", "int32", "int64", "float32", "float64", "uint16", "int16")
_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}  # numbers that JSON lacks
_KIND = "$"  # the class, where several are possible


class WireError(ValueError):
    """What came is no such message."""


def pack(value: object) -> list[Part]:
    """Return the parts of `value`, a dataclass."""
    arrays: list[NDArray[Any]] = []
    plain = _plain(value, arrays)
    known = [[one.dtype.name, list(one.shape)] for one in arrays]
    head = json.dumps({"value": plain, "arrays": known}, allow_nan=False).encode()
    return [head, *map(_bytes, arrays)]


def unpack(kind: type[T], parts: Sequence[Part], given: Mapping[str, object] | None = None) -> T:
    """Read a `kind` from `parts`, with some fields as `given` in place of what came.

    Raises:
        WireError: it is none.
    """
    if not parts or len(parts) > MOST_PARTS + 1 or len(parts[0]) > MOST_JSON:
        raise WireError("a message without its head, or with one that is too long")
    if sum(len(one) for one in parts[1:]) > MOST_BYTES:
        raise WireError("a message that is too long")
    try:
        head = parse_json(bytes(parts[0]).decode("utf-8"))
        value, known = head["value"], head["arrays"]
        if len(known) != len(parts) - 1:
            raise WireError("a message that lacks arrays")
        arrays = [
            _array(dtype, shape, part)
            for (dtype, shape), part in zip(known, parts[1:], strict=True)
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WireError(str(error)) from None
    return typing.cast(T, _read_class(kind, value, arrays, given or {}))


def _plain(value: object, arrays: list[NDArray[Any]]) -> Any:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        value = np.frombuffer(value, np.uint8)
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return len(arrays) - 1
    if isinstance(value, (tuple, list)):
        return [_plain(one, arrays) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(one, arrays) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        read = {one.name: _plain(getattr(value, one.name), arrays) for one in fields(value)}
        return {_KIND: type(value).__name__, **read}
    if isinstance(value, np.generic):
        return _plain(value.item(), arrays)
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _bytes(array: NDArray[Any]) -> Part:
    flat: Any = np.ascontiguousarray(array)
    return memoryview(flat).cast("B") if array.size else b""


def _array(dtype: str, shape: list[int], part: Part) -> NDArray[Any]:
    if dtype not in _DTYPES or len(shape) > 8:
        raise WireError(f"an array of {dtype!r:.20}")
    if not all(type(side) is int and 0 <= side < _MOST_SIDE for side in shape):
        raise WireError("an array of no size")
    kind = np.dtype(dtype)
    if math.prod(shape) * kind.itemsize != len(part):
        raise WireError("an array of another size than its head says")
    return np.frombuffer(part, kind).reshape(shape).copy()  # torch wants to be able to write


@lru_cache(maxsize=256)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read_class(
    kind: type, value: Any, arrays: list[NDArray[Any]], given: Mapping[str, object]
) -> object:
    if not isinstance(value, dict):
        raise WireError(f"no {kind.__name__}")
    hints, read = _hints(kind), dict(given)
    for one in fields(kind):
        if one.name in read or not one.init:
            continue
        if one.name in value:
            read[one.name] = _read(hints[one.name], value[one.name], arrays)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise WireError(f"{kind.__name__} lacks {one.name}")
    try:
        return kind(**read)
    except Exception as error:  # noqa: BLE001 - what the class itself refuses
        raise WireError(f"{kind.__name__}: {error}") from None


def _read(hint: Any, value: Any, arrays: list[NDArray[Any]]) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _read_union(inner, value, arrays)
    if origin is np.ndarray or hint is np.ndarray:
        return _read_array(inner, value, arrays)
    if hint is bytes:
        return _read_array((Any, np.dtype[np.uint8]), value, arrays).tobytes()
    if origin in (tuple, list) or hint in (tuple, list):
        return _read_sequence(origin or hint, inner, value, arrays)
    if origin is dict or (isinstance(origin, type) and issubclass(origin, Mapping)):
        if not isinstance(value, dict):
            raise WireError("no mapping")
        return {_read(inner[0], key, arrays): _read(inner[1], one, arrays)
                for key, one in value.items()}  # fmt: skip
    if origin is Literal:
        return _among(inner, value)
    if is_dataclass(hint):
        return _read_class(typing.cast(type, hint), value, arrays, {})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(_among([one.value for one in hint], value))
    return _read_plain(hint, value)


def _read_plain(hint: Any, value: Any) -> Any:
    if hint is type(None) and value is None:
        return None
    if hint is float:
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        if type(value) in (int, float) and abs(value) < 1e308:
            return float(value)
    whole = hint is int and type(value) is int and abs(value) < 1 << 63
    if whole or (hint in (str, bool) and type(value) is hint):
        return value
    raise WireError(f"no {getattr(hint, '__name__', hint)}")


def _among(choices: Sequence[Any], value: Any) -> Any:
    for one in choices:
        if type(one) is type(value) and one == value:
            return one
    raise WireError("a word that is not known")


def _read_union(inner: Sequence[Any], value: Any, arrays: list[NDArray[Any]]) -> Any:
    if value is None and type(None) in inner:
        return None
    if isinstance(value, dict) and _KIND in value:
        inner = [one for one in inner if getattr(one, "__name__", "") == value[_KIND]]
    for one in inner:
        try:
            return _read(one, value, arrays)
        except WireError:
            continue
    raise WireError("none of what it may be")


def _read_array(inner: Sequence[Any], value: Any, arrays: list[NDArray[Any]]) -> NDArray[Any]:
    if type(value) is not int or not 0 <= value < len(arrays):
        raise WireError("no array")
    found = arrays[value]
    kind = get_args(inner[1]) if len(inner) > 1 else ()
    if kind and isinstance(kind[0], type) and found.dtype != np.dtype(kind[0]):
        raise WireError(f"an array of {found.dtype}, not {np.dtype(kind[0])}")
    return found


def _read_sequence(kind: Any, inner: Sequence[Any], value: Any, arrays: list[NDArray[Any]]) -> Any:
    if not isinstance(value, list):
        raise WireError("no list")
    if kind is tuple and inner[-1:] != (Ellipsis,):
        if len(inner) != len(value):
            raise WireError("a list of another length")
        return tuple(_read(one, each, arrays) for one, each in zip(inner, value, strict=True))
    return kind(_read(inner[0], each, arrays) for each in value)
