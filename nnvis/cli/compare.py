"""The command that compares two networks on the same pictures."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from nnvis.cli import options
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.terminal import drain_with_bar, print_json, say
from nnvis.extras import require
from nnvis.models.asked.model_request import ModelRequest


@partial(takes_model, without="model")
def compare(
    first: Annotated[str, typer.Argument(help="A network, as --model takes it.")],
    second: Annotated[str, typer.Argument(help="The other network.")],
    data: Annotated[
        str,
        typer.Option(
            help="A folder of pictures; with a folder for each class, accuracy is compared too."
        ),
    ],
    weights_b: Annotated[
        Path | None,
        typer.Option(
            "--weights-b", help="Weights of the second network; --weights are those of the first."
        ),
    ] = None,
    renamed: options.Renamed = None,
    layer: options.Layers = None,
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("comparison"),
    workers: options.Workers = None,
    fit: options.Fit = "crop",
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Compare two networks, or two checkpoints of one, on the same pictures."""
    require("index", "nnvis compare")
    how = options.check_fit(fit)
    from nnvis.cli.errors import renamings
    from nnvis.comparison.compare import compare_networks
    from nnvis.comparison.report import verdict, write_comparison
    from nnvis.error_analysis.analysis import class_names, thumbnail
    from nnvis.error_analysis.class_logits import class_count, class_labels
    from nnvis.error_analysis.labelled import read_pictures

    asked = (
        replace(model_request, spec=first),
        replace(
            model_request, spec=second,
            weights=str(weights_b) if weights_b else
            (model_request.weights if first == second else None),
        ),
    )  # fmt: skip
    networks = load_model(asked[0]), load_model(asked[1])
    count = class_count(networks[0], sure=True)
    pictures = read_pictures(data, class_labels(networks[0]), count, renamings(renamed or ()))
    for one in networks if pictures.classes else ():
        class_count(one)  # else its accuracy would be of numbers that are no classes
    found = drain_with_bar(
        compare_networks(networks, asked, pictures, out, layer or (), how, workers)
    )
    labels = class_names(class_labels(networks[0]), dict(pictures.given), count)
    place = {name: row for row, name in enumerate(pictures.names)}
    thumbnails = {
        row: thumbnail(pictures.references[place[found.names[row]]])
        for row in found.disagree[:24].tolist()
    }
    names = _names(networks)
    about: dict[str, Any] = {
        "data": data,
        "weights": [one.weights_hash for one in networks],
        "preprocessing": [one.preprocess.describe() for one in networks],
        "notes": [note for one in networks for note in one.notes],
    }
    page = write_comparison(found, names, labels, about, thumbnails, out)
    if json:
        print_json({"path": str(out), "page": str(page)})
    say(verdict(found, names))
    say(str(page))


def _names(networks: tuple[Any, Any]) -> tuple[str, str]:
    """Tell the networks apart even where they are of one kind."""
    a, b = networks
    if a.name != b.name:
        return a.name, b.name
    return f"{a.name} {a.weights_hash[:6]}", f"{b.name} {b.weights_hash[:6]}"
