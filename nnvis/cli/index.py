"""The commands of top pictures: make an index, show what is in one, join some."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnvis.cli import options
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.models.asked.model_request import ModelRequest
from nnvis.sources.paths import expanded

_TITLES = {"pytorch": "PyTorch", "openvino": "OpenVINO", "onnxruntime": "ONNX Runtime"}


@takes_model
def index(
    source: Annotated[
        str | None,
        typer.Argument(
            help="A folder with all below it, a .tar file or several as shard-{000..127}.tar, a "
            "video, or a .txt file with the path of a picture on every line.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the index.")] = Path("index"),
    layer: options.Layers = None,
    all_layers: Annotated[bool, typer.Option("--all-layers", help="Take every layer.")] = False,
    top: Annotated[
        int, typer.Option(min=1, max=1000, help="How many pictures to keep for each unit.")
    ] = 9,
    bottom: Annotated[
        bool, typer.Option("--bottom", help="Keep the weakest pictures as well.")
    ] = False,
    skip_duplicates: Annotated[
        bool,
        typer.Option("--skip-duplicates", help="Leave out pictures that look like an earlier one."),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0, help="How many processes decode pictures; with Ray, how many networks."
        ),
    ] = None,
    decoder: Annotated[
        str,
        typer.Option(
            help="Where JPEG files are decoded: host, device, or auto (the device if it is CUDA)."
        ),
    ] = "auto",
    runner: Annotated[
        str,
        typer.Option(
            help="What computes: pytorch, openvino, onnxruntime, or auto (one of the latter two "
            "for more than 500 pictures without a GPU)."
        ),
    ] = "auto",
    engine: Annotated[str, typer.Option(help="Where it runs: local or ray.")] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="Address of a Ray cluster; by default one is started for this run."),
    ] = None,
    show: Annotated[
        str | None, typer.Option(help="Show a unit of the index in --out: LAYER, or LAYER:UNIT.")
    ] = None,
    merge: Annotated[
        list[Path] | None,
        typer.Option(
            help="Join this index with the other ones named, into --out; may be repeated."
        ),
    ] = None,
    fit: options.Fit = "crop",
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Find the strongest pictures of every unit; a run that was cut short goes on where it was."""
    require("index", "nnvis index")
    if show is not None:
        _show(out, show, json)
        return
    if merge:
        from nnvis.top_images.merge_indexes import merge as join

        _tell(drain_with_bar(join(merge, out)), json)
        return
    if source is None:
        raise typer.BadParameter("name a folder, tar file, video or list", param_hint="SOURCE")
    how = options.check_fit(fit)
    if engine not in ("local", "ray"):
        raise UserError(f"there is no engine {engine!r}; use local or ray")
    if address is not None and engine != "ray":
        raise UserError("--address is of a Ray cluster; add --engine ray")
    from nnvis.top_images.build import index as sweep
    from nnvis.top_images.build import make_spec

    start = None
    if engine == "ray":
        from nnvis.top_images.ray_backend import on_ray

        start = on_ray(address, workers)
    network = load_model(model_request)
    names = [one.name for one in network.layers] if all_layers else layer or []
    where = source if "{" in source else str(expanded(source))
    spec = make_spec(
        network, model_request, where, names,
        top=top, bottom=bottom, skip_duplicates=skip_duplicates, fit=how, decoder=decoder,
        runner=runner,
    )  # fmt: skip
    decoders = None if engine == "ray" else workers
    _tell(drain_with_bar(sweep(network, spec, out, decoders, start)), json)


def _tell(out: Path, json: bool) -> None:
    from nnvis.top_images.index_reader import Index

    made = Index(out)
    if json:
        print_json(
            {
                "path": str(out), "pictures": made.pictures, "skipped": made.skipped,
                "runner": made.spec.runner, "layers": [
                    {"name": one.name, "units": one.units} for one in made.spec.layers
                ],
            }
        )  # fmt: skip
    else:
        print_table(("layer", "units"), [(one.name, one.units) for one in made.spec.layers])
    skipped = f", {made.skipped:,} skipped" if made.skipped else ""
    first = made.spec.layers[0].name
    by = " + ".join(_TITLES.get(one, one) for one in made.spec.runner.split(" + "))
    counted = f"{made.pictures:,} pictures{skipped}, by {by}"
    say(f"{out}: {counted}; nnvis index --out {out} --show {first}:0")
    for name, why in made.left_out()[:3]:
        say(f"nnvis: skipped {name}: {why}")


def _show(out: Path, which: str, json: bool) -> None:
    from dataclasses import asdict

    from nnvis.top_images.index_reader import Index

    made = Index(out)
    layer, _, number = which.partition(":")
    found = made.layer(layer)
    if number and not number.isdecimal():
        raise UserError(f"--show {which!r} names no unit; write {layer}:7")
    if not number and found is not None:
        records = [made.unit(layer, unit) for unit in range(found.units)]
        rows = [
            (unit, one.highest, one.mean, one.variance**0.5, one.dead)
            for unit, one in enumerate(records)
        ]
        names = ("unit", "highest", "mean peak", "spread", "dead")
        if json:
            print_json([dict(zip(names, row, strict=True)) for row in rows])
        else:
            print_table(names, [(row[0], *(f"{one:.4g}" for one in row[1:])) for row in rows])
        return
    unit = int(number or 0)
    record = made.unit(layer, unit)
    pictures = {side: made.top(layer, unit, side) for side in ("top", "bottom")}
    if json:
        print_json(
            {
                "layer": layer, "unit": unit, "pictures": record.pictures, "dead": record.dead,
                "lowest": record.lowest, "highest": record.highest, "mean": record.mean,
                "variance": record.variance,
                "quantiles": {f"{share:g}": value for share, value in record.quantiles.items()},
                **{
                    side: [
                        {
                            "value": one.value, "cell": one.cell, "patch": one.patch,
                            "sha256": one.sha256, **asdict(one.reference),
                        }
                        for one in pictures[side]
                    ]
                    for side in pictures
                },
            }
        )  # fmt: skip
        return
    print_table(
        ("side", "value", "cell", "picture"),
        [
            (side, f"{one.value:.4g}", "{},{}".format(*one.cell), one.reference.name)
            for side in pictures
            for one in pictures[side]
        ],
    )
    say(
        f"{record.pictures:,} pictures: highest {record.highest:.4g}, mean peak {record.mean:.4g}, "
        f"dead in {record.dead:.1%}"
    )
