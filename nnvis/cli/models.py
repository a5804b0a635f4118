"""Commands that tell what models there are and what they are made of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from nnvis.cli import options
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.terminal import print_json, print_table, say
from nnvis.models.info import ModelRequest


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


@takes_model
def layers(
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """List the layers of a model in the order in which they run."""
    found = load_model(model_request).layers
    if json:
        print_json(
            [
                {"name": one.name, "kind": one.kind, "shape": one.shape, "units": one.units}
                for one in found
            ]
        )
        return
    print_table(
        ("name", "kind", "shape", "units"),
        [(one.name, one.kind, "x".join(map(str, one.shape)), one.units) for one in found],
    )
