"""One measured number beside its target."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


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


def plain(name: str, values: Sequence[float], unit: str = "") -> Measurement:
    """Return the median of `values`, for the record."""
    return Measurement(name, statistics.median(values), unit, spread=(min(values), max(values)))
