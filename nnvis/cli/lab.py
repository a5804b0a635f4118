"""The command that makes a report of an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnvis.cli import options
from nnvis.cli.lab_options import FLAGS, form_of
from nnvis.cli.lab_reports import (
    tell_found,
    write_between,
    write_directions,
    write_objects,
    write_sanity,
    write_sharpness,
)
from nnvis.cli.model_options import takes_model
from nnvis.cli.set_option import SetOption, read_set_options
from nnvis.cli.terminal import drain_with_bar, print_json, print_table
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.labs.datasets.names import CHOICES, DIGITS
from nnvis.labs.framework.record import Record, to_json
from nnvis.labs.framework.statistics import mean_sd
from nnvis.labs.registry import EVERY, LABS, lab_named
from nnvis.labs.run import run_lab
from nnvis.models.info import ModelRequest

SPECIAL = ("sanity", "between", "sharpness")
NAMES = (*SPECIAL, *(one for one in EVERY.built_in if not EVERY[one].own))


@takes_model
def lab(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"{', '.join(NAMES)}, or all that train.")],
    out: Annotated[Path, typer.Option(help="The folder for report.json, PNG and CSV files.")],
    source: Annotated[
        list[str] | None, typer.Option(help="sanity: pictures; may be given again.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="between: a weights file; given twice. sharpness: one or more, or none. "
            "directions: one for --model."
        ),
    ] = None,
    objects: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="forget: two folders of pictures that a copy of --model learns."),
    ] = None,
    layer: Annotated[
        str, typer.Option(help="directions: of --model; empty: the last one before the head.")
    ] = "",
    second: Annotated[
        str | None,
        typer.Option(help="directions: another network, which says how alike pictures are."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many runs, from --seed on.", min=1)] = 5,
    data: Annotated[
        str,
        typer.Option(
            help=f"{', '.join(CHOICES)}, or a folder of folders; empty: each lab's own, or digits "
            "with --quick. directions of a --model: a folder of pictures, .tar, video, list, or an "
            "nnvis index."
        ),
    ] = "",
    settings: SetOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="Coarser, and much sooner.")] = False,
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Make a report of an experiment: numbers, figures and curves."""
    require("labs", f"the lab {name}")
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    if name not in (*SPECIAL, "all"):
        lab_named(name)
    given = {one for one in FLAGS if _is_given(context, one)}
    form = form_of(name, given, data)
    seed, device = model_request.seed, model_request.device
    values = read_set_options(settings)
    seeds_ = tuple(range(seed, seed + seeds))
    if form == "sanity":
        write_sanity(model_request, source or (), out, quick, json)
        return
    if form == "between":
        write_between(model_request, checkpoint or (), data or DIGITS, out, quick, json)
        return
    if form == "sharpness":
        write_sharpness(model_request, checkpoint or (), data or DIGITS, out, quick, json)
        return
    if form == "objects" and objects is not None:
        read = EVERY["objects"].values(values)
        write_objects(model_request, objects, data, out, read, quick, json)
        return
    if form == "basis":
        read = EVERY["basis"].values(values)
        write_directions(
            model_request, layer, second, checkpoint or (), data, seeds_, out, read, quick, json
        )
        return
    names = tuple(LABS) if name == "all" else (name,)
    if values and name == "all":
        raise UserError("--set is for one lab; name it in place of all")
    chosen = {one: LABS[one].values(values) for one in names}

    from nnvis.models.devices import resolve

    found = []
    for one in names:
        place = out if name != "all" else out / one
        record = drain_with_bar(
            run_lab(
                one,
                place,
                seeds=seeds_,
                values=chosen[one],
                data=data,
                device=str(resolve(device if device != "auto" else "cpu")),
                quick=quick,
            )
        )
        found.append(record)
        if not json:
            _tell(record, place)
    if json:
        reports = [to_json(record) for record in found]
        print_json(reports[0] if name != "all" else reports)


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether a person wrote the option."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _tell(record: Record, place: Path) -> None:
    tell_found(record, place)
    if record.outcome is None:
        return
    print_table(
        ("measured", "mean ± deviation", "in the paper"),
        [
            (one.title, mean_sd(one.values, one.unit, 2), one.paper)
            for one in record.outcome.measures
        ],
        title=LABS[record.lab].title,
    )
