"""Commands that open the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from nnvis.cli.model_options import given
from nnvis.cli.snapshot import main_layers, write_snapshots
from nnvis.cli.snapshot_options import check_half
from nnvis.cli.terminal import results, say
from nnvis.display import has_display
from nnvis.errors import UserError
from nnvis.export import read_meta
from nnvis.interrupt import interrupt_rises
from nnvis.models.asked.model_request import ModelRequest

HEADLESS_SOURCE = "sample:chelsea"


def open_or_write(
    open_window: Callable[..., int],
    source: str | None,
    model_request: ModelRequest,
    layer: str | None,
    unit: int | None,
    half: str | None = None,
    *,
    safe: bool = False,
) -> int:
    """Open the window; on a machine without a display say so and write pictures instead."""
    chosen = None if half is None else check_half(half)
    if has_display():
        asked = model_request if given(model_request) else None
        if safe:
            asked = asked or ModelRequest(device="cpu")
            return open_window(
                source=source or "demo", model_request=asked, layer=layer, unit=unit, half=chosen,
                safe=True,
            )  # fmt: skip
        return open_window(source=source, model_request=asked, layer=layer, unit=unit, half=chosen)
    say("nnvis: this machine has no display; writing snapshots instead of opening the window")
    with interrupt_rises():
        paths = write_snapshots(
            source or HEADLESS_SOURCE,
            model_request,
            (lambda _: [layer]) if layer else main_layers,
            [] if unit is None else [unit],
            Path("snapshots"),
            half or "off",
        )
        for path in paths:
            results().write(f"{path}\n")
    return 0


def open_file(context: typer.Context, file: str) -> None:
    """Open the window on FILE: as it was for a snapshot of nnvis, else with FILE as the source."""
    open_window = context.obj.open_window
    path = Path(file).expanduser()
    if file.isalnum() and file != "demo" and not path.exists():
        say(f"nnvis: {file!r} is neither a command nor a file; nnvis --help lists the commands")
        raise typer.Exit(2)
    if path.suffix.lower() == ".nnvis" and path.is_file():
        if not has_display():
            raise UserError(f"this machine has no display to show {file} on")
        raise typer.Exit(open_window(session=str(path)))
    if path.suffix.lower() == ".png" and path.is_file():
        try:
            meta = read_meta(path)
        except UserError:
            meta = None  # any other PNG is a picture to look at
        if meta is not None:
            if not has_display():
                raise UserError(
                    f"this machine has no display to show {file} on; see its data with: "
                    f"nnvis show {file}"
                )
            raise typer.Exit(open_window(restore=meta))
    raise typer.Exit(open_or_write(open_window, file, ModelRequest(), None, None))
