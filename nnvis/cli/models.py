"""Commands that tell what models there are and what they are made of."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from nnvis.cli import options
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say


def models(
    contains: Annotated[str, typer.Argument(help="Only names that contain this.")] = "",
    json: options.Json = False,
) -> None:
    """List the models that can be named: bundled, of torchvision, of timm."""
    from nnvis.models.registry import models as known

    rows = [one for one in known() if contains.lower() in one.name.lower()]
    if json:
        print_json([asdict(one) for one in rows])
        return
    print_table(
        ("name", "source", "parameters"),
        [(one.name, one.source, f"{one.parameters:,}" if one.parameters else "") for one in rows],
    )
    say(f"{len(rows)} models; your own: --model package.module:factory or file.py:factory")


def layers(
    model: options.Model = "efficientnet_lite0",
    device: options.Device = "cpu",
    weights: options.Weights = None,
    random_weights: options.RandomWeights = False,
    seed: options.Seed = 0,
    input_size: options.InputSize = None,
    mean: options.Mean = None,
    std: options.Std = None,
    labels: options.Labels = None,
    json: options.Json = False,
) -> None:
    """List the layers of a model in the order in which they run."""
    from nnvis.models.registry import load_steps

    model_request = options.model_request(
        model, device, weights, random_weights, seed, input_size, mean, std, labels
    )
    found = drain_with_bar(load_steps(model_request)).layers
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
