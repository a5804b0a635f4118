"""The report of units and random directions of any network, on a person's own pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from nnvis.cli.lab_reports import tell_run
from nnvis.cli.terminal import print_table
from nnvis.errors import UserError
from nnvis.labs.framework.statistics import mean_sd
from nnvis.models.info import ModelRequest


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
    """Compare the two and print the numbers."""
    from nnvis.labs.framework.datasets import NAMES  # here: it knows torch

    if data in NAMES:
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
            [(one.title, mean_sd(one.values, one.unit, 2)) for one in record.outcome.measures],
            title="units, random directions, chance",
        )
