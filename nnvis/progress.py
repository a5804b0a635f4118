"""The protocol of long work: a generator that yields Progress and returns its result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # so that a command that shows no progress waits for no numpy
    import numpy as np
    from numpy.typing import NDArray

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of long work is done; `total` 0 means unknown."""

    done: int
    total: int = 0
    note: str = ""
    picture: NDArray[np.uint8] | None = None  # (H,W,3) RGB preview


Steps = Generator[Progress, None, R]


def drain(steps: Steps[R], each: Callable[[Progress], object] = lambda _: None) -> R:
    """Run `steps` to the end on this thread and return its result (command line, tests)."""
    while True:
        try:
            each(next(steps))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def relayed(steps: Steps[R], tell: Callable[[Progress], Progress]) -> Steps[R]:
    """Do `steps` as a part of longer work, which says of each what `tell` makes of it."""
    try:
        while True:
            yield tell(next(steps))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        steps.close()
