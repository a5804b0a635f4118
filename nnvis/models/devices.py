"""Where a network runs."""

from __future__ import annotations

import torch

from nnvis.errors import UserError


def devices() -> list[str]:
    """Return what can be asked for here, the fastest first."""
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def widest(device: torch.device) -> torch.dtype:
    """Return the type of the most digits there: MPS has no double precision."""
    return torch.float32 if device.type == "mps" else torch.float64


def resolve(name: str) -> torch.device:
    """Return the device called `name`; "auto" is the fastest.

    Raises:
        UserError: it is not here.
    """
    there = devices()
    if name == "auto":
        return torch.device(there[0])
    asked = "cuda:0" if name == "cuda" else name
    if asked not in there:
        raise UserError(f"there is no device {name!r} here; use auto or {', '.join(there)}")
    return torch.device(asked)
