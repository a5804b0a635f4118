"""One measured number beside its target, and how long is measured for it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

LONGEST_S = 75.0  # of the rounds of one bench, which ends within two minutes with all around them
LEAST = 3  # rounds, however long they take


@dataclass(frozen=True, slots=True)
class Measurement:
    """`met` is None where there is no target."""

    name: str
    value: float
    unit: str = ""
    target: str = ""
    met: bool | None = None
    spread: tuple[float, float] | None = None  # lowest and highest of the repeats


def at_least(name: str, values: Sequence[float], target: float, unit: str = "") -> Measurement:
    """Return the median of `values`, which should reach `target`."""
    middle = statistics.median(values)
    return Measurement(
        name, middle, unit, f">= {target:g}", middle >= target, (min(values), max(values))
    )


def at_most(name: str, values: Sequence[float], target: float, unit: str = "") -> Measurement:
    """Return the median of `values`, which should stay within `target`."""
    middle = statistics.median(values)
    return Measurement(
        name, middle, unit, f"<= {target:g}", middle <= target, (min(values), max(values))
    )


def spread_over(one: Measurement, values: Sequence[float]) -> Measurement:
    """Return `one` with the spread of what it is in each part of the measurement."""
    return replace(one, spread=(min(values), max(values)))


def rounds(most: int, seconds: float = LONGEST_S) -> Iterator[int]:
    """Count up to `most`, and no further once `seconds` are over."""
    end = time.monotonic() + seconds
    for done in range(most):
        if done > LEAST and time.monotonic() > end:
            return
        yield done


@dataclass(frozen=True, slots=True)
class Spent:
    """What a call took, in seconds; the second is the same beside other programs."""

    wall: float
    processor: float


def spent(call: Callable[[], object]) -> Spent:
    """Time one call, of this process."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


def faster(
    name: str, ours: Sequence[Spent], theirs: Sequence[Spent], target: float | None = None
) -> list[Measurement]:
    """Return how many times as fast ours is, by the wall and by the processor's time."""
    found = []
    both = [*zip(ours, theirs, strict=True)]
    for of, ratios in {
        "": [other.wall / own.wall for own, other in both],
        ", processor time": [other.processor / own.processor for own, other in both],
    }.items():
        found.append(
            plain(name + of, ratios) if target is None else at_least(name + of, ratios, target)
        )
    return found


def plain(name: str, values: Sequence[float], unit: str = "") -> Measurement:
    """Return the median of `values`, for the record."""
    return Measurement(name, statistics.median(values), unit, spread=(min(values), max(values)))
