"""Pictures that pass the network together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NOTHING = torch.empty(0, dtype=torch.uint8)


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """A file that the network's device decodes: where it is in the block's bytes."""

    place: int  # in the listing
    name: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What could not be read is black, and named; so is what is left to the device, until then."""

    number: int  # the block's, in the listing
    fed: Tensor  # (B,H,W,3) uint8
    skipped: tuple[tuple[int, str], ...]  # place in the listing, and why
    left: tuple[DeviceFile, ...] = ()
    raw: Tensor = NOTHING  # (n,) uint8, the bytes of these files
