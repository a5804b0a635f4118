"""The report of a network that is fine-tuned on two objects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nnvis.cli.lab_reports import tell_run
from nnvis.cli.terminal import say
from nnvis.models.info import ModelRequest


def write_objects(
    model_request: ModelRequest,
    folders: tuple[Path, Path],
    data: str,
    out: Path,
    values: Mapping[str, float],
    quick: bool,
    json: bool,
) -> None:
    """Teach it the two, and say what it has lost."""
    from nnvis.labs.two_objects.run import learn_objects

    steps = learn_objects(model_request, folders, out, values=values, data=data, quick=quick)
    record = tell_run(steps, out, json)
    if json or record.outcome is None:
        return
    for one in record.outcome.measures:
        if one.name.startswith("class"):
            say(f"{one.values[0]:5.0f} %  {one.title}")
