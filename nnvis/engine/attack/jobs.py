"""What can be found out about an attacked picture: jobs.

Importing this is cheap: torch is loaded by the job, on the runner's thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nnvis.engine.protocol.attack_results import (
    Exported,
    PrintRobustness,
    SmallestFound,
    Surroundings,
    TransformRobustness,
)
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.models.info import ModelRequest
from nnvis.parameters import Value
from nnvis.progress import Steps

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel


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


def export(
    snapshot: Snapshot,
    folder: Path,
    stem: str,
    method: str = "",
    values: Mapping[str, Value] | None = None,
) -> Job:
    """Attack the frame at its own size, and write pictures and report -> Exported.

    By `method` of ATTACKS with `values` of its parameters; without, as it is attacked live.
    """
    return Job("export", partial(_export, snapshot, folder, stem, method, values or {}))


def _smallest(snapshot: Snapshot, model: VisionModel) -> Steps[SmallestFound]:
    from nnvis.engine.attack.robustness import find_minimal_eps

    return (yield from find_minimal_eps(snapshot, model))


def _surroundings(snapshot: Snapshot, model: VisionModel) -> Steps[Surroundings]:
    from nnvis.engine.attack.robustness import survey_surroundings

    return (yield from survey_surroundings(snapshot, model))


def _survival(
    snapshot: Snapshot, other: ModelRequest | None, model: VisionModel
) -> Steps[TransformRobustness]:
    from nnvis.engine.attack.robustness import treat

    return (yield from treat(snapshot, other, model))


def _printing(snapshot: Snapshot, model: VisionModel) -> Steps[PrintRobustness]:
    from nnvis.engine.attack.robustness import print_it

    return (yield from print_it(snapshot, model))


def _export(
    snapshot: Snapshot,
    folder: Path,
    stem: str,
    method: str,
    values: Mapping[str, Value],
    model: VisionModel,
) -> Steps[Exported]:
    from nnvis.engine.attack.export import write_attack

    return (yield from write_attack(snapshot, folder, stem, method, values, model))
