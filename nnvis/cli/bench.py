"""The command that measures."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnvis.cli import options
from nnvis.cli.model_options import takes_model
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.errors import UserError
from nnvis.models.asked.model_request import ModelRequest

if TYPE_CHECKING:
    from nnvis.bench.measurement import Measurement

log = logging.getLogger(__name__)

NAMES = (
    "live", "prepare", "switch", "attack", "attack-reach", "attack-peers", "views", "integrated",
    "feature", "feature-live", "index", "index-memory", "index-ray", "soak", "fool-soak",
    "views-soak", "commands", "window", "window-lab", "window-full", "window-picture", "start",
)  # fmt: skip
COLUMNS = ("bench", "figure", "value", "target", "met", "spread")


@takes_model
def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"{', '.join(NAMES)}, or all.")],
    frames: Annotated[
        int | None,
        typer.Option(
            min=100,
            help="For soak, fool-soak and views-soak: how many frames; by default as many as a "
            "minute takes.",
        ),
    ] = None,
    units: Annotated[
        int, typer.Option(min=1, help="For feature: how many units of each layer.")
    ] = 1,
    steps: Annotated[
        int, typer.Option(min=8, help="For feature: how many steps of torch-lucent.")
    ] = 64,
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Measure nnvis against the bare model, both in one run; each is meant to take two minutes.

    --frames, --units and --steps ask for more than that.
    """
    if name not in (*NAMES, "all"):
        raise UserError(f"there is no measurement {name!r}; use {', '.join(NAMES)}, or all")
    try:
        from nnvis.bench.benches import BENCHES
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("nnvis.bench"):
            raise
        raise UserError(
            "an installed nnvis comes without its measurements; get its repository and run "
            f"scripts/run bench {name} there"
        ) from None

    starts = {**BENCHES, **context.obj.window_benches()}
    asked: dict[str, dict[str, int | None]] = {
        **{one: {"frames": frames} for one in ("soak", "fool-soak", "views-soak")},
        "feature": {"units": units, "steps": steps},
    }
    rows: list[dict[str, Any]] = []
    broken = False
    for one in NAMES if name == "all" else (name,):
        begin = time.monotonic()
        try:
            figures = drain_with_bar(starts[one](model_request, **asked.get(one, {})))
        except Exception as error:
            if name != "all":
                raise
            # Something that it needs is not there, or it is broken: the others are measured.
            broken = broken or not isinstance(error, UserError)
            log.warning("%s ended early", one, exc_info=error)
            say(f"nnvis: {one}: {error}")
            continue
        seconds = round(time.monotonic() - begin, 1)
        rows += [{"bench": one, **asdict(figure), "seconds": seconds} for figure in figures]
        if not json:
            print_table(COLUMNS, [_cells(one, figure) for figure in figures])
    if json:
        print_json(rows)
    if broken:
        raise typer.Exit(1)


def _cells(bench: str, figure: Measurement) -> tuple[str, ...]:
    return (
        bench,
        figure.name,
        f"{figure.value:.3g} {figure.unit}".strip(),
        figure.target,
        {True: "yes", False: "NO", None: ""}[figure.met],
        "{:.3g} ... {:.3g}".format(*figure.spread) if figure.spread else "",
    )
