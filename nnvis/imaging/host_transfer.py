"""Many small tensors to the host in one copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_ALIGN = 8  # bytes; so that every part can be read as its own type


def to_host(tensors: Sequence[Tensor]) -> list[NDArray[Any]]:
    """Return `tensors` as numpy arrays of the same shapes and types, owned by the caller alone.

    Tensors of the CPU are handed on as they are; the others travel as one block of bytes, since
    each copy waits for the device once.
    """
    if all(tensor.device.type == "cpu" for tensor in tensors):
        return [tensor.detach().numpy() for tensor in tensors]
    parts, places, start = [], [], 0
    for tensor in tensors:
        raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
        pad = -raw.numel() % _ALIGN
        parts += [raw, raw.new_zeros(pad)] if pad else [raw]
        places.append((start, raw.numel()))
        start += raw.numel() + pad
    block = torch.cat(parts).cpu().numpy()
    return [
        block[at : at + size].view(_numpy_type(tensor)).reshape(tuple(tensor.shape))
        for (at, size), tensor in zip(places, tensors, strict=True)
    ]


def _numpy_type(tensor: Tensor) -> np.dtype[Any]:
    return torch.empty((), dtype=tensor.dtype).numpy().dtype
