"""The command that makes a report of an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnvis.cli import options
from nnvis.cli.first_frame import first_frame
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.errors import UserError
from nnvis.models.card import ModelRequest

NAMES = ("sanity",)
KINDS = ("half_signed", "half_absolute", "end_signed", "end_absolute")
SOURCES = ("sample:chelsea", "sample:coffee", "sample:astronaut", "sample:rocket")


def lab(
    name: Annotated[str, typer.Argument(help=f"{', '.join(NAMES)}, or all.")],
    out: Annotated[Path, typer.Option(help="The folder for report.json, PNG and CSV files.")],
    source: Annotated[list[str] | None, typer.Option(help="Pictures; may be given again.")] = None,
    model: options.Model = "efficientnet_lite0",
    device: options.Device = "auto",
    random_weights: options.RandomWeights = False,
    seed: options.Seed = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Coarser, and much sooner.")] = False,
    json: options.Json = False,
) -> None:
    """Make a report of an experiment: numbers, figures and curves."""
    if name not in (*NAMES, "all"):
        raise UserError(f"there is no lab {name!r}; use {', '.join(NAMES)}, or all")
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    frames = [first_frame(one) for one in source or SOURCES]

    from nnvis.bench.sanity import sanity

    request = ModelRequest(model, device, random_weights=random_weights, seed=seed)
    report = drain_with_bar(sanity(request, frames, out, seed, quick))
    if json:
        print_json(report)
        return
    say(f"report.json, curves.csv and sanity.png in {out}")
    print_table(
        ("view", *(kind.replace("_", ", ") for kind in KINDS), "verdict"),
        [
            (view, *(_number(one[kind]) for kind in KINDS), one["verdict"])
            for view, one in report["views"].items()
        ],
        title="rank correlation with the trained network's picture; half or all layers random",
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
