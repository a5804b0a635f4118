"""What a lab has found, told on the command line."""

from __future__ import annotations

from pathlib import Path

from nnvis.cli.terminal import drain_with_bar, print_json, say
from nnvis.labs.framework.record import Record, to_json
from nnvis.progress import Steps


def tell_run(steps: Steps[Record], out: Path, json: bool) -> Record:
    """Run a lab to its end, which writes its report into `out`, and tell what it has found."""
    record = drain_with_bar(steps)
    if json:
        print_json(to_json(record))
    else:
        tell_found(record, out)
    return record


def tell_found(record: Record, out: Path) -> None:
    """Say where the report is, what was seen, and whether it is what was expected."""
    say(f"report.html, report.json, curves.csv and figures in {out} ({record.seconds:.0f} s)")
    if record.outcome is None:
        return
    say(record.outcome.seen)
    for finding in record.outcome.findings:
        mark = "shown    " if finding.held else "not shown"
        say(f"{mark}  {finding.expected}: {finding.measured}")
