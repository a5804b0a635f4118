"""The report of how sharp the solution in a checkpoint is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnvis.cli.lab_reports import tell_run
from nnvis.models.info import ModelRequest


def write_sharpness(
    model_request: ModelRequest,
    checkpoints: Sequence[Path],
    folder: str,
    out: Path,
    quick: bool,
    json: bool,
) -> None:
    """Climb within the box around each checkpoint, or around the network as it is."""
    from nnvis.labs.flat_minima.checkpoints import sharpness

    tell_run(sharpness(model_request, checkpoints, Path(folder), out, quick), out, json)
