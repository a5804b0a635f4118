"""The door to CUDA graphs: what of torch.cuda a pass is recorded and replayed by, and no more.

After "CUDA Graphs" of PyTorch's notes on CUDA semantics: a pass is run a few times on a stream of
its own first, so that libraries find their algorithms and workspaces outside of the recording; then
it is recorded on that stream, with memory from a pool of its own, into which nothing else is ever
put; what it reads and writes has the same places at each replay. Nothing in it may wait for the
device. Only what this thread does is held to that (`thread_local`): another one may be loading
another network meanwhile. One recording at a time is under way in a process.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch

T = TypeVar("T")

OLDEST = (2, 12)  # older ones leave a recording that failed open, and their memory in disorder
WARM = 3  # passes before the recording
_ONE = threading.Lock()


class BusyError(Exception):
    """Another recording is under way in this process; later there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded(Generic[T]):
    """A pass that can be done again over the same tensors."""

    made: T  # what it put out; each replay writes the same tensors
    replay: Callable[[], None]  # does not wait for the device
    free: Callable[[], None]  # its memory


class PassRecorder(Protocol):
    """Records passes; a stand-in takes its place where there is no GPU."""

    @property
    def missing(self) -> str:
        """Why nothing can be recorded here; "" where it can."""

    def record(self, run: Callable[[], T]) -> Recorded[T]:
        """Record what `run` does on the device.

        Raises:
            BusyError: not now.
            RuntimeError: it does what cannot be recorded.
        """


@dataclass(frozen=True, slots=True)
class CudaRecorder:
    """Records on one CUDA device."""

    device: torch.device

    @property
    def missing(self) -> str:
        """Why nothing can be recorded here; "" where it can."""
        if self.device.type != "cuda":
            return "it is for CUDA devices"
        found = re.match(r"(\d+)\.(\d+)", torch.__version__)
        if torch.version.hip or found is None or tuple(map(int, found.groups())) < OLDEST:
            return f"it needs PyTorch {'.'.join(map(str, OLDEST))} or newer, for CUDA"
        return ""

    def record(self, run: Callable[[], T]) -> Recorded[T]:
        """Record what `run` does on the device; what is queued there now comes before it.

        Raises:
            BusyError: not now.
            RuntimeError: it does what cannot be recorded.
        """
        if not _ONE.acquire(blocking=False):
            raise BusyError
        try:
            with torch.cuda.device(self.device):
                now, side = torch.cuda.current_stream(), torch.cuda.Stream()
                # Where a recording fails, torch.cuda.graph leaves its own stream in force.
                with torch.cuda.stream(now):
                    side.wait_stream(now)
                    with torch.cuda.stream(side):
                        for _ in range(WARM):
                            run()
                    now.wait_stream(side)
                    graph = torch.cuda.CUDAGraph()
                    with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
                        made = run()
        finally:
            _ONE.release()

        def replay() -> None:
            with torch.cuda.device(self.device):
                graph.replay()  # on the stream in force, after what was queued there

        return Recorded(made, replay, graph.reset)
