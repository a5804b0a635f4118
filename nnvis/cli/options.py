"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnvis.errors import UserError

if TYPE_CHECKING:
    from nnvis.models import preprocess

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="demo, camera:0, a picture, a video, a folder, sample:NAME, pattern:NAME, "
        "http://... or rtsp://...; - is a picture that is piped in. Of several, each is looked at.",
    ),
]
Layers = Annotated[
    list[str] | None, typer.Option(help="A layer; may be repeated. By default every block.")
]
Renamed = Annotated[
    list[str] | None,
    typer.Option(
        "--class",
        help="FOLDER=CLASS: which class is meant, where names differ; FOLDER= leaves it out; "
        "may be repeated.",
    ),
]
Workers = Annotated[int | None, typer.Option(min=0, help="How many processes decode pictures.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
Fit = Annotated[
    str,
    typer.Option(
        help="How a frame is fitted to the input: crop (as the library does it), stretch or whole."
    ),
]


def check_fit(fit: str) -> preprocess.Fit:
    """Return `fit` if it is one.

    Raises:
        UserError: it is not.
    """
    from nnvis.models import preprocess  # which needs numpy

    if fit not in tuple(preprocess.Fit):
        raise UserError(f"--fit {fit!r} is not known; use crop, stretch or whole")
    return preprocess.Fit(fit)
