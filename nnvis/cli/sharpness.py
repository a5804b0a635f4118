"""The report of how sharp the solution in a checkpoint is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnvis.cli.between import tell_findings
from nnvis.cli.terminal import drain_with_bar, print_json
from nnvis.labs.record import to_json
from nnvis.models.card import ModelRequest


def write_sharpness(
    request: ModelRequest,
    checkpoints: Sequence[Path],
    folder: str,
    out: Path,
    quick: bool,
    json: bool,
) -> None:
    """Climb within the box around each checkpoint, or around the network as it is."""
    from nnvis.labs.flat.checkpoints import sharpness

    record = drain_with_bar(sharpness(request, checkpoints, Path(folder), out, quick))
    if json:
        print_json(to_json(record))
        return
    tell_findings(record, out)
