"""The door to a device that works beside the host: pinned memory and an event, and no more.

A copy from or to memory that the system may move is made by way of a block of CUDA's own, while the
host waits; from and to pinned memory it is queued behind what the device has to do. Pinning costs
as long as many copies, but PyTorch keeps what was pinned once (its CachingHostAllocator): a block
that is let go of is given out again once the copies from and to it have been made, and not before.
Some systems give out little of such memory, or none. Other memory is taken there, by the same
calls, which then return when it may be used, see "API synchronization behavior" of CUDA's runtime.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

log = logging.getLogger(__name__)


class Landing(Protocol):
    """A block of bytes on its way to the host."""

    @property
    def done(self) -> bool:
        """Whether it is there."""

    def wait(self) -> NDArray[np.uint8]:
        """Return it, (n,), once it is there; it is written to again once nobody has the landing."""


class DeviceLink(Protocol):
    """Copies that nobody waits for; a stand-in takes its place where there is no GPU."""

    @property
    def device(self) -> torch.device:
        """Where it leads."""

    def up(self, picture: NDArray[np.uint8]) -> Tensor:
        """Return `picture` on the device, for what is queued there from now on."""

    def down(self, block: Tensor) -> Landing:
        """Send `block`, (n,) uint8, as it will be after what is queued there now."""


@dataclass(slots=True, eq=False)
class CudaLink:
    """To one CUDA device, by the stream in force there."""

    device: torch.device
    pins: bool = True  # until the system gives no pinned memory

    def up(self, picture: NDArray[np.uint8]) -> Tensor:
        """Return `picture` on the device, for what is queued there from now on."""
        room = self._room(picture.shape)
        room.copy_(torch.from_numpy(picture))
        return room.to(self.device, non_blocking=True)

    def down(self, block: Tensor) -> Landing:
        """Send `block`, (n,) uint8, as it will be after what is queued there now."""
        room = self._room(block.shape)
        room.copy_(block, non_blocking=True)
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(self.device))
        return CudaLanding(room, event)

    def _room(self, shape: tuple[int, ...]) -> Tensor:
        """Return memory for bytes, pinned if there is any."""
        if self.pins:
            try:
                return torch.empty(shape, dtype=torch.uint8, pin_memory=True)
            except RuntimeError as error:
                self.pins = False
                log.warning("no pinned memory, so copies are waited for: %s", error)
        return torch.empty(shape, dtype=torch.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class CudaLanding:
    """Memory, and what tells when it is written."""

    room: Tensor
    event: torch.cuda.Event

    @property
    def done(self) -> bool:
        """Whether it is there."""
        return bool(self.event.query())

    def wait(self) -> NDArray[np.uint8]:
        """Return it, (n,), once it is there."""
        self.event.synchronize()
        return self.room.numpy()
