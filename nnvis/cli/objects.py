"""The report of a network that is fine-tuned on two objects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nnvis.cli.terminal import drain_with_bar, print_json, say
from nnvis.labs.record import to_json
from nnvis.models.card import ModelRequest


def write_objects(
    request: ModelRequest,
    folders: tuple[Path, Path],
    data: str,
    out: Path,
    values: Mapping[str, float],
    quick: bool,
    json: bool,
) -> None:
    """Teach it the two, and say what it has lost."""
    from nnvis.labs.objects.run import learn_objects

    steps = learn_objects(request, folders, out, values=values, data=data, quick=quick)
    record = drain_with_bar(steps)
    if json:
        print_json(to_json(record))
        return
    say(f"report.html, report.json, curves.csv and figures in {out} ({record.seconds:.0f} s)")
    assert record.outcome is not None
    say(record.outcome.seen)
    for finding in record.outcome.findings:
        say(f"{'shown    ' if finding.held else 'not shown'}  {finding.expected}: "
            f"{finding.measured}")  # fmt: skip
    for one in record.outcome.measures:
        if one.name.startswith("class"):
            say(f"{one.values[0]:5.0f} %  {one.title}")
