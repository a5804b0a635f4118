"""How long the network took, on whatever device."""

from __future__ import annotations

import time

import torch


class ForwardClock:
    """Measures the forward pass: on a GPU with events, since the host runs ahead of it."""

    def __init__(self, device: torch.device) -> None:
        self.prepared = time.perf_counter()
        self._events = (
            [torch.cuda.Event(enable_timing=True) for _ in range(2)]
            if device.type == "cuda"
            else None
        )
        self._device = device
        if self._events:
            self._events[0].record(torch.cuda.current_stream(device))
        self._stopped = self.prepared

    def stop(self) -> None:
        """The network's part is over, as far as the host is concerned."""
        self._stopped = time.perf_counter()
        if self._events:
            self._events[1].record(torch.cuda.current_stream(self._device))

    def seconds(self) -> float:
        """Ask after the copy to the host, which waits for the device."""
        if self._events:
            return float(self._events[0].elapsed_time(self._events[1])) / 1000
        return self._stopped - self.prepared
