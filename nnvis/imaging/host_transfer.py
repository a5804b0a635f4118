"""A dataclass of tensors to the host, as the same dataclass of arrays, in one copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

A = TypeVar("A")  # Tensor on the device, Array on the host
Array = NDArray[Any]

_ALIGN = 8  # bytes; so that every part can be read as its own type


def to_host(parts: Any) -> Any:
    """Return `parts` with numpy arrays of the same shapes and types in place of its tensors.

    They are owned by the caller alone. Tensors of the CPU are handed on as they are; the others
    travel as one block of bytes, since each copy waits for the device once.

    Args:
        parts: a tensor, or a dataclass, tuple, list or dictionary of such and of anything else,
            which stays as it is.
    """
    there: list[Tensor] = []

    def here(tensor: Tensor) -> Array | Tensor:
        if _is_here(tensor):
            return tensor.detach().numpy()
        there.append(tensor)
        return tensor

    host = _each(parts, here)
    if not there:
        return host
    arrays = iter(_copied(there))
    return _each(host, lambda _tensor: next(arrays))


def _is_here(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu"


def _each(parts: Any, change: Callable[[Tensor], Any]) -> Any:
    """Put what `change` gives in place of every tensor, in one order."""
    if isinstance(parts, Tensor):
        return change(parts)
    if isinstance(parts, tuple | list):
        return type(parts)([_each(one, change) for one in parts])
    if isinstance(parts, dict):
        return {key: _each(one, change) for key, one in parts.items()}
    kind: Any = type(parts)
    if names := _fields(kind):
        then = {name: _each(getattr(parts, name), change) for name in names}
        if any(one is not getattr(parts, name) for name, one in then.items()):
            return kind(**then)
    return parts


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.init) if is_dataclass(kind) else ()


def _copied(tensors: Sequence[Tensor]) -> list[Array]:
    """Copy tensors of one device as one block."""
    pieces, places, start = [], [], 0
    for tensor in tensors:
        raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
        pad = -raw.numel() % _ALIGN
        pieces += [raw, raw.new_zeros(pad)] if pad else [raw]
        places.append((start, raw.numel()))
        start += raw.numel() + pad
    block = torch.cat(pieces).cpu().numpy()
    return [
        block[at : at + size].view(_numpy_type(tensor)).reshape(tuple(tensor.shape))
        for (at, size), tensor in zip(places, tensors, strict=True)
    ]


def _numpy_type(tensor: Tensor) -> np.dtype[Any]:
    return torch.empty((), dtype=tensor.dtype).numpy().dtype
