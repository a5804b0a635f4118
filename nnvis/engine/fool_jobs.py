"""What can be found out about an attacked picture: jobs, and their results without tensors.

Importing this is cheap: torch is loaded by the job, on the runner's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nnvis.engine.job import Job
from nnvis.engine.snapshot import Score, Snapshot
from nnvis.models.card import ModelRequest
from nnvis.progress import Steps

if TYPE_CHECKING:
    from nnvis.attacks.landscape import Line, Plane
    from nnvis.attacks.survival import Survival
    from nnvis.models.vision import VisionModel


@dataclass(frozen=True, slots=True)
class SmallestFound:
    """The smallest change that was found to do; `eps` None: not even the largest one did."""

    norm: str
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
class Survived:
    """What the attacked picture survives, in the order in which it was tried."""

    rows: tuple[Survival, ...]
    names: dict[int, str]


@dataclass(frozen=True, slots=True)
class Printed:
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


def smallest(snapshot: Snapshot) -> Job:
    """Search the smallest eps that fools the network on the frame shown -> SmallestFound."""
    return Job("smallest change", partial(_smallest, snapshot))


def surroundings(snapshot: Snapshot) -> Job:
    """Look along the line through both pictures and over a plane -> Surroundings."""
    return Job("surroundings", partial(_surroundings, snapshot))


def survival(snapshot: Snapshot, other: ModelRequest | None = None) -> Job:
    """Treat both pictures, show them to another network -> Survived."""
    return Job("survival", partial(_survival, snapshot, other))


def printing(snapshot: Snapshot) -> Job:
    """Attack all views of the frame at once -> Printed."""
    return Job("printing", partial(_printing, snapshot))


def export(snapshot: Snapshot, folder: Path, stem: str) -> Job:
    """Attack the frame at its own size, and write pictures and report -> Exported."""
    return Job("export", partial(_export, snapshot, folder, stem))


def _smallest(snapshot: Snapshot, model: VisionModel) -> Steps[SmallestFound]:
    from nnvis.engine.robustness import find_smallest

    return (yield from find_smallest(snapshot, model))


def _surroundings(snapshot: Snapshot, model: VisionModel) -> Steps[Surroundings]:
    from nnvis.engine.robustness import look_around

    return (yield from look_around(snapshot, model))


def _survival(
    snapshot: Snapshot, other: ModelRequest | None, model: VisionModel
) -> Steps[Survived]:
    from nnvis.engine.robustness import treat

    return (yield from treat(snapshot, other, model))


def _printing(snapshot: Snapshot, model: VisionModel) -> Steps[Printed]:
    from nnvis.engine.robustness import print_it

    return (yield from print_it(snapshot, model))


def _export(snapshot: Snapshot, folder: Path, stem: str, model: VisionModel) -> Steps[Exported]:
    from nnvis.engine.fool_export import write_attack

    return (yield from write_attack(snapshot, folder, stem, model))
