"""The report that tells which views notice a network of chance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnvis.cli.first_frame import first_frame
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.models.info import ModelRequest

KINDS = ("half_signed", "half_absolute", "end_signed", "end_absolute")
SOURCES = ("sample:chelsea", "sample:coffee", "sample:astronaut", "sample:rocket")


def write_sanity(
    model_request: ModelRequest, sources: Sequence[str], out: Path, quick: bool, json: bool
) -> None:
    """Run the sanity check of the views and print what it found."""
    frames = [first_frame(one) for one in sources or SOURCES]

    from nnvis.bench.sanity import sanity

    report = drain_with_bar(sanity(model_request, frames, out, model_request.seed, quick))
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
