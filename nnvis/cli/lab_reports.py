"""The reports of labs that are about a network that is there already, and how each is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nnvis.cli.pictures import read_given
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.errors import UserError
from nnvis.labs.datasets.names import CHOICES
from nnvis.labs.framework.record import Record, to_json
from nnvis.labs.framework.statistics import table_cell
from nnvis.language import together, tr, verbatim
from nnvis.models.asked.model_request import ModelRequest
from nnvis.progress import Steps

SHARES = ("half_signed", "half_absolute", "end_signed", "end_absolute")
SAMPLES = ("sample:chelsea", "sample:coffee", "sample:astronaut", "sample:rocket")


def write_sanity(
    model_request: ModelRequest, sources: Sequence[str], out: Path, quick: bool, json: bool
) -> None:
    """Tell which views notice a network of chance."""
    frames = [read_given(one) for one in sources or SAMPLES]

    from nnvis.labs.sanity.run import sanity

    report = drain_with_bar(sanity(model_request, frames, out, model_request.seed, quick))
    if json:
        print_json(report)
        return
    say(f"report.html, report.json, curves.csv and figures in {out}")
    if report["random"]:
        say(f"{report['random']}: what it answers means nothing")
    print_table(
        ("view", *(share.replace("_", ", ") for share in SHARES), "verdict"),
        [
            (
                view,
                *("-" if one[share] is None else f"{one[share]:.2f}" for share in SHARES),
                one["verdict"],
            )
            for view, one in report["views"].items()
        ],
        title="rank correlation with the trained network's picture; half or all layers random",
    )


def write_between(
    model_request: ModelRequest,
    checkpoints: Sequence[Path],
    data: str,
    out: Path,
    quick: bool,
    json: bool,
) -> None:
    """Walk the line between two checkpoints and say what was met on it."""
    if len(checkpoints) != 2:
        raise UserError(f"{len(checkpoints)} checkpoints were given; give --checkpoint twice")

    from nnvis.labs.linear_path.checkpoints import between

    first, last = checkpoints
    tell_run(between(model_request, first, last, Path(data), out, quick), out, json)


def write_sharpness(
    model_request: ModelRequest,
    checkpoints: Sequence[Path],
    data: str,
    out: Path,
    quick: bool,
    json: bool,
) -> None:
    """Climb within the box around each checkpoint, or around the network as it is."""
    from nnvis.labs.flat_minima.checkpoints import sharpness

    tell_run(sharpness(model_request, checkpoints, Path(data), out, quick), out, json)


def write_directions(
    model_request: ModelRequest,
    layer: str,
    second: str | None,
    checkpoints: Sequence[Path],
    data: str,
    seeds: Sequence[int],
    out: Path,
    values: Mapping[str, float],
    quick: bool,
    json: bool,
) -> None:
    """Compare units and random directions of a network, on a person's own pictures."""
    if not data or data in CHOICES:
        raise UserError(
            f"to compare directions of {model_request.spec} give --data FOLDER with pictures, or "
            "the folder of an nnvis index"
        )
    if len(checkpoints) > 1:
        raise UserError(f"{len(checkpoints)} checkpoints were given; give one, of the model")

    from nnvis.labs.own_directions.run import compare

    weights = str(checkpoints[0]) if checkpoints else None
    other = None if second is None else ModelRequest(second, model_request.device)
    steps = compare(
        replace(model_request, weights=weights),
        data,
        out,
        layer=layer,
        second=other,
        seeds=seeds,
        values=values,
        quick=quick,
    )
    record = tell_run(steps, out, json)
    if not json and record.outcome is not None:
        print_table(
            ("measured", "mean ± deviation over draws"),
            [(one.title, table_cell(one.values, one.unit)) for one in record.outcome.measures],
            title="units, random directions, chance",
        )


def write_objects(
    model_request: ModelRequest,
    folders: tuple[Path, Path],
    data: str,
    out: Path,
    values: Mapping[str, float],
    quick: bool,
    json: bool,
) -> None:
    """Teach a network two objects, and say what it has lost."""
    from nnvis.labs.two_objects.run import learn_objects

    steps = learn_objects(model_request, folders, out, values=values, data=data, quick=quick)
    record = tell_run(steps, out, json)
    if json or record.outcome is None:
        return
    for one in record.outcome.measures:
        if one.name.startswith("class"):
            say(f"{one.values[0]:5.0f} %  {one.title}")


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
    for one in ("weights", "accuracy"):  # of the network that was given
        if one in record.versions:
            say(f"{one}: {record.versions[one]}")
    if record.outcome is None:
        return
    say(record.outcome.seen)
    widest = max((len(tr(one.mark)) for one in record.outcome.findings), default=0)
    for finding in record.outcome.findings:
        told = together(": ", finding.expected, finding.measured)
        say(verbatim(f"{tr(finding.mark):<{widest}}  {told}"))
