"""The command that lists which models can be named."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from nnvis.cli import options
from nnvis.cli.terminal import print_json, print_table, say


def models(
    contains: Annotated[str, typer.Argument(help="List only names that contain this.")] = "",
    json: options.Json = False,
) -> None:
    """List the models that can be named: bundled, of torchvision, of timm."""
    from nnvis.models.offers import models as known

    rows = [one for one in known() if contains.lower() in one.name.lower()]
    if json:
        print_json([asdict(one) for one in rows])
        return
    print_table(
        ("name", "source", "parameters"),
        [(one.name, one.source, f"{one.parameters:,}" if one.parameters else "") for one in rows],
    )
    say(f"{len(rows)} models; your own: --model package.module:factory or file.py:factory")
