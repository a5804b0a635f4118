"""The command that tells what a saved picture shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnvis.cli import options
from nnvis.cli.terminal import print_json, print_table
from nnvis.export import read_meta


def show(
    file: Annotated[Path, typer.Argument(help="A PNG that nnvis wrote.")],
    json: options.Json = False,
) -> None:
    """Print what a saved picture shows: model, source, layer, unit, scale."""
    meta = read_meta(file)
    if json:
        print_json(meta)
    else:
        print_table(("what", "value"), sorted(meta.items()), title=str(file))
