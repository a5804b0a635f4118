"""What was found out about an attacked picture, without tensors, for the window to show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nnvis.attacks.registry import Norm
from nnvis.engine.protocol.snapshot import Score

if TYPE_CHECKING:
    from nnvis.attacks.findings import Line, Plane, Survival


@dataclass(frozen=True, slots=True)
class SmallestFound:
    """The smallest change that was found to do; `eps` None: not even the largest one did."""

    norm: Norm
    eps: float | None
    top: Score | None  # what the network then sees
    largest: float  # that was tried
    warning: str


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What the network says between the two pictures and around them."""

    line: Line
    plane: Plane
    names: dict[int, str]  # of every class in either


@dataclass(frozen=True, slots=True)
class TransformRobustness:
    """What the attacked picture survives, in the order in which it was tried."""

    rows: tuple[Survival, ...]
    names: dict[int, str]


@dataclass(frozen=True, slots=True)
class PrintRobustness:
    """Shares of random views, as of a print before a camera, in which the network is fooled."""

    shown: float  # of the picture that is shown
    made: float  # of one that was made for it
    eps: float  # of that one, in L-inf
    top: Score  # what the network sees of it straight on


@dataclass(frozen=True, slots=True)
class Exported:
    """Files, and what the network says of the attacked one once it was read again."""

    files: tuple[Path, ...]
    success: bool
    top: Score
    size: tuple[int, int]  # width, height
