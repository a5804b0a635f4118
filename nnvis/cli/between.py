"""The report of the line between two checkpoints of one network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnvis.cli.lab_reports import tell_run
from nnvis.errors import UserError
from nnvis.models.info import ModelRequest


def write_between(
    model_request: ModelRequest,
    checkpoints: Sequence[Path],
    folder: str,
    out: Path,
    quick: bool,
    json: bool,
) -> None:
    """Walk the line and say what was met on it."""
    if len(checkpoints) != 2:
        raise UserError(f"{len(checkpoints)} checkpoints were given; give --checkpoint twice")

    from nnvis.labs.linear_path.checkpoints import between

    first, last = checkpoints
    tell_run(between(model_request, first, last, Path(folder), out, quick), out, json)
