"""What every source of frames can do."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from nnvis.sources.frame import Frame


class SourceState(enum.Enum):
    """How a source is doing."""

    LIVE = "live"  # frames come by themselves
    STILL = "still"  # one picture, until the person steps on
    PAUSED = "paused"
    LOST = "lost"  # camera or stream gone: it retries by itself
    ENDED = "ended"


class Control(enum.Enum):
    """What a person may ask of a source while it runs."""

    PAUSE = "pause"  # value 1 pauses, 0 goes on
    STEP = "step"  # value: frames (video) or pictures (folder), -1 is back
    SEEK = "seek"  # value: seconds from the start (video), place in the list (folder)
    LOOP = "loop"  # value 1 starts again at the end, 0 stops there


@dataclass(frozen=True, slots=True)
class Status:
    """A report for people; `position` and `length` are seconds (video) or places (folder)."""

    state: SourceState
    note: str = ""  # one line: "camera lost, retrying", "3 of 40, 2 files skipped"
    position: float = 0.0
    length: float = 0.0  # 0: unknown or endless


class Source(Protocol):
    """Owned by one thread, the capture thread, which alone calls these methods."""

    spec: str  # opens this source again
    title: str  # what a person calls it
    controls: frozenset[Control]

    @property
    def status(self) -> Status:
        """How it is doing now."""
        ...

    def due(self) -> float:
        """Return the time.monotonic() at which `read` has something; inf: only after a control."""
        ...

    def read(self) -> Frame | None:
        """Return the next frame, None where there is none now; blocks for two seconds at most.

        Raises:
            UserError: nothing will ever come again (and the source was not merely lost).
        """
        ...

    def control(self, control: Control, value: float) -> None:
        """Obey `control`, one of `controls`; others are ignored."""
        ...

    def close(self) -> None:
        """Give the device or file back."""
        ...
