"""The command that measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from nnvis.cli import options
from nnvis.cli.model_options import takes_model
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.errors import UserError
from nnvis.models.asked.model_request import ModelRequest
from nnvis.progress import Steps

if TYPE_CHECKING:
    from nnvis.bench.measurement import Measurement

NAMES = (
    "live", "switch", "attack", "views", "feature", "feature-live", "index", "soak", "fool-soak",
    "views-soak", "window", "window-lab", "window-full", "start",
)  # fmt: skip


@takes_model
def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=f"{', '.join(NAMES)}, or all.")],
    frames: Annotated[
        int,
        typer.Option(
            min=100, help="For soak: how many frames; fool-soak takes a sixth, views-soak a third."
        ),
    ] = 30_000,
    units: Annotated[
        int, typer.Option(min=1, help="For feature: how many units of each layer.")
    ] = 8,
    steps: Annotated[
        int, typer.Option(min=8, help="For feature: how many steps of torch-lucent.")
    ] = 512,
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Measure nnvis against the bare model, both in one run; soak takes a quarter of an hour."""
    if name not in (*NAMES, "all"):
        raise UserError(f"there is no measurement {name!r}; use {', '.join(NAMES)}, or all")
    try:
        from nnvis.bench import attack, feature, feature_live, index, live, soak, views
        from nnvis.bench import switch_latency as switch
    except ModuleNotFoundError as error:
        if error.name != "nnvis.bench":
            raise
        raise UserError(
            "an installed nnvis comes without its measurements; get its repository and run "
            f"scripts/run bench {name} there"
        ) from None

    starts: dict[str, Callable[[], Steps[list[Measurement]]]] = {
        "live": lambda: live.live(model_request),
        "switch": lambda: switch.switch(model_request),
        "attack": lambda: attack.attack(model_request),
        "views": lambda: views.views(model_request),
        "feature": lambda: feature.feature(model_request, units, steps),
        "index": lambda: index.whole(model_request),
        "feature-live": lambda: feature_live.feature_live(model_request),
        "soak": lambda: soak.soak(model_request, frames),
        "fool-soak": lambda: soak.fool_soak(model_request, frames // 6),
        "views-soak": lambda: views.switching(model_request, frames // 3),
        **{
            one: partial(start, model_request)
            for one, start in context.obj.window_benches().items()
        },
    }
    report = {}
    for one in NAMES if name == "all" else (name,):
        report[one] = drain_with_bar(starts[one]())
        if not json:
            say(one)
            print_table(
                ("figure", "value", "target", "met", "spread"),
                [
                    (
                        figure.name,
                        f"{figure.value:.3g} {figure.unit}".strip(),
                        figure.target,
                        {True: "yes", False: "NO", None: ""}[figure.met],
                        "{:.3g} ... {:.3g}".format(*figure.spread) if figure.spread else "",
                    )
                    for figure in report[one]
                ],
            )
    if json:
        print_json({one: [asdict(figure) for figure in report[one]] for one in report})
