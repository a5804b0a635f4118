"""What a lab tells while it runs, and what it has found in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnvis.progress import Progress


@dataclass(frozen=True, slots=True)
class Point:
    """One place on a curve of a panel: a value for each seed, NaN where a run has failed."""

    panel: str
    curve: str
    x: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LabPicture:
    """A picture that makes the point; a later one of the same name takes its place.

    A picture with `answers` is a game: it has as many rows, all as high, and `answers` says what
    each is. Then `title` gives nothing away.
    """

    name: str
    title: str
    picture: NDArray[np.uint8]  # (H,W,3) RGB
    answers: tuple[str, ...] = ()
    again: Callable[[], NDArray[np.uint8]] | None = None  # draws it anew, in the dark if that is on


@dataclass(frozen=True, slots=True)
class LabProgress(Progress):
    """A step of a lab, with what was measured in it."""

    points: tuple[Point, ...] = ()
    shown: tuple[LabPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A number over seeds, beside the paper's where it has one."""

    name: str
    title: str
    values: tuple[float, ...]  # one a seed
    unit: str = ""  # "%" is a share of all, 0 to 100; differences are in "points"
    paper: str = ""  # what the paper reports of its own data, in words
    within: tuple[float, float] | None = None  # where values can lie; of "%" always 0 to 100


@dataclass(frozen=True, slots=True)
class Finding:
    """What the paper makes expect, and whether these numbers show it."""

    expected: str
    held: bool
    measured: str  # the numbers that decide
    verdict: str = ""  # "shown", or what else can be said
    figure: str = ""  # the panel or picture that shows it
    paper: str = ""  # what the paper found, with the place

    @property
    def mark(self) -> str:
        """The verdict in words."""
        return self.verdict or ("shown" if self.held else "not shown")


@dataclass(frozen=True, slots=True)
class LabOutcome:
    """The end of a run."""

    seen: str  # two sentences, made of the numbers
    measures: tuple[Measure, ...]
    findings: tuple[Finding, ...]
