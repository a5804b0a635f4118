"""The report of the line between two checkpoints of one network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnvis.cli.terminal import drain_with_bar, print_json, say
from nnvis.errors import UserError
from nnvis.labs.record import Record, to_json
from nnvis.models.card import ModelRequest


def write_between(
    request: ModelRequest,
    checkpoints: Sequence[Path],
    folder: str,
    out: Path,
    quick: bool,
    json: bool,
) -> None:
    """Walk the line and say what was met on it."""
    if len(checkpoints) != 2:
        raise UserError(f"{len(checkpoints)} checkpoints were given; give --checkpoint twice")

    from nnvis.labs.line.checkpoints import between

    first, last = checkpoints
    record = drain_with_bar(between(request, first, last, Path(folder), out, quick))
    if json:
        print_json(to_json(record))
        return
    tell_findings(record, out)


def tell_findings(record: Record, out: Path) -> None:
    """Say where the report is, what was seen, and whether it is what was expected."""
    say(f"report.html, report.json, curves.csv and figures in {out} ({record.seconds:.0f} s)")
    assert record.outcome is not None
    say(record.outcome.seen)
    for finding in record.outcome.findings:
        say(f"{'shown    ' if finding.held else 'not shown'}  {finding.expected}: "
            f"{finding.measured}")  # fmt: skip
