"""A dataclass of tensors to the host, as the same dataclass of arrays, in one copy.

`to_host` waits for it; what `sending` returns is asked later, once the device has come so far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.imaging.device_link import DeviceLink, Landing

A = TypeVar("A")  # Tensor on the device, Array on the host
Array = NDArray[Any]


class Arrival(Protocol):
    """Parts that are on the host, or on their way there."""

    @property
    def done(self) -> bool:
        """Whether they are there."""

    def wait(self) -> None:
        """Return once they are."""

    def read(self) -> Any:
        """Return them as `to_host` does, waiting for them; once."""


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


def sending(parts: Any, link: DeviceLink | None) -> Arrival:
    """Send `parts` to the host as `to_host` does, and do not wait for them where there is a link.

    They may be let go of at once. The arrays have their own memory each: what is pinned is written
    to again by a later look, and one kept array shall not keep all the others.
    """
    if link is None:
        return _Here(to_host(parts))
    there: list[Tensor] = []

    def take(tensor: Tensor) -> Tensor | Array:
        if tensor.device.type != link.device.type:
            return tensor.detach().numpy()
        there.append(tensor)
        return tensor

    left = _each(parts, take)
    if not there:
        return _Here(left)
    block, places = _joined(there)
    at = iter(places)
    return _Sent(_each(left, lambda _tensor: next(at)), link.down(block))


@dataclass(frozen=True, slots=True)
class _Here:
    """Parts that are on the host."""

    parts: Any
    done: bool = True

    def wait(self) -> None:
        """Return at once."""

    def read(self) -> Any:
        """Return them."""
        return self.parts


@dataclass(frozen=True, slots=True)
class _Sent:
    """Parts with a place in a block of bytes for each tensor."""

    parts: Any
    landing: Landing

    @property
    def done(self) -> bool:
        """Whether they are there."""
        return self.landing.done

    def wait(self) -> None:
        """Return once they are."""
        self.landing.wait()

    def read(self) -> Any:
        """Copy them out of the block, once it is there."""
        block = self.landing.wait()
        return _each(self.parts, lambda place: place.of(block).copy(), _Place)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an array lies in a block of bytes."""

    at: int
    size: int
    kind: np.dtype[Any]
    shape: tuple[int, ...]

    def of(self, block: NDArray[np.uint8]) -> Array:
        """Return it, in the memory of `block`."""
        return block[self.at : self.at + self.size].view(self.kind).reshape(self.shape)


def _is_here(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu"


def _each(parts: Any, change: Callable[[Any], Any], leaf: type = Tensor) -> Any:
    """Put what `change` gives in place of every `leaf`, in one order."""
    if isinstance(parts, leaf):
        return change(parts)
    if isinstance(parts, tuple | list):
        return type(parts)([_each(one, change, leaf) for one in parts])
    if isinstance(parts, dict):
        return {key: _each(one, change, leaf) for key, one in parts.items()}
    kind: Any = type(parts)
    if names := _fields(kind):
        then = {name: _each(getattr(parts, name), change, leaf) for name in names}
        if any(one is not getattr(parts, name) for name, one in then.items()):
            return kind(**then)
    return parts


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.init) if is_dataclass(kind) else ()


def _copied(tensors: Sequence[Tensor]) -> list[Array]:
    """Copy tensors of one device as one block."""
    block, places = _joined(tensors)
    host = block.cpu().numpy()
    return [place.of(host) for place in places]


def _joined(tensors: Sequence[Tensor]) -> tuple[Tensor, list[_Place]]:
    """Return tensors of one device as one block of bytes there, and where in it each lies.

    Those of the largest elements come first, so that each begins at a multiple of its own.
    """
    order = sorted(range(len(tensors)), key=lambda at: -tensors[at].element_size())
    raw = [tensors[at].detach().contiguous().reshape(-1).view(torch.uint8) for at in order]
    places: dict[int, _Place] = {}
    start = 0
    for at, one in zip(order, raw, strict=True):
        tensor = tensors[at]
        places[at] = _Place(start, one.numel(), _numpy_type(tensor.dtype), tuple(tensor.shape))
        start += one.numel()
    return torch.cat(raw), [places[at] for at in range(len(tensors))]


@cache
def _numpy_type(kind: torch.dtype) -> np.dtype[Any]:
    return torch.empty((), dtype=kind).numpy().dtype
