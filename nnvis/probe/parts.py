"""What a network hands on beside single tensors: mappings, sequences, dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def parts_of(value: object) -> list[tuple[str | int, Any]]:
    """Return what `value` holds, each by its key, place or field; nothing where it holds nothing.

    A dataclass may have slots, and fields that were never set.
    """
    if isinstance(value, Mapping):
        return [(str(key), one) for key, one in value.items()]
    if isinstance(value, (tuple, list)):
        return list(zip(getattr(value, "_fields", range(len(value))), value, strict=True))
    names = getattr(value, "__dataclass_fields__", ())
    return [(name, getattr(value, name, None)) for name in names]
