"""The options that say what the window begins with."""

from __future__ import annotations

from typing import Annotated

import typer

SourceOption = Annotated[
    str | None,
    typer.Option(help="demo, camera:0, a picture, video or folder, sample:NAME, http://..., ..."),
]
LayerOption = Annotated[str | None, typer.Option(help="The layer to begin with.")]
HalfOption = Annotated[
    str | None,
    typer.Option(
        "--half",
        help="Compute what is only looked at in half precision: bfloat16, float16 or off.",
    ),
]
UnitOption = Annotated[int | None, typer.Option(help="The unit to begin with.")]
