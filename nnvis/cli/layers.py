"""The command that lists what a model is made of."""

from __future__ import annotations

from nnvis.cli import options
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.terminal import print_json, print_table
from nnvis.models.asked.model_request import ModelRequest


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
