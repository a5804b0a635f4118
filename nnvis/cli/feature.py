"""The command that makes feature images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from nnvis.cli import options
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.pictures import read_given
from nnvis.cli.set_option import SetOption, read_set_options
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.engine.unit_card.jobs import DREAM
from nnvis.errors import UserError
from nnvis.featurevis.parameters import DEFAULT, PRESETS
from nnvis.featurevis.target import LOGITS, Target
from nnvis.models.asked.model_request import ModelRequest
from nnvis.parameters import changed

SCORES = "logits"  # how the network's output is called on the command line
OBJECTIVES = ("channel", "cell", "minus", "direction", "layer", "caricature")
WHOLE = ("layer", "caricature")  # which need no unit


@takes_model
def feature(
    layer: Annotated[
        str,
        typer.Option(
            "--layer",
            "-l",
            help="A layer as nnvis layers lists it, or logits for the classes; "
            "with --all-units, by default every layer, each in a folder of its own.",
        ),
    ] = "",
    unit: Annotated[
        str, typer.Option("--unit", "-u", help="Units, counted from 0: 3, or 3,5,8-12.")
    ] = "",
    all_units: Annotated[
        bool,
        typer.Option(
            "--all-units", help="Take every unit of the layer, and write a sheet of them."
        ),
    ] = False,
    preset: Annotated[str, typer.Option(help=f"{', '.join(PRESETS.built_in)}.")] = DEFAULT,
    settings: SetOption = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="How many steps; by default those of the preset.")
    ] = None,
    objective: Annotated[
        str, typer.Option(help=f"What is raised: {', '.join(OBJECTIVES)} (layer is DeepDream).")
    ] = "channel",
    cell: Annotated[
        str | None, typer.Option(help="For the objective cell: ROW,COLUMN; by default the middle.")
    ] = None,
    other: Annotated[
        int,
        typer.Option(min=0, help="For the objectives minus and direction: the unit to keep low."),
    ] = 0,
    direction: Annotated[
        int | None,
        typer.Option(min=0, help="For the objective direction: seed of a random direction."),
    ] = None,
    picture: Annotated[
        str | None, typer.Option(help="Start from this picture, or sample:NAME, instead of noise.")
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            help="With --all-units: also write cards, with the top pictures of this index."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=16, help="How many images of each unit.")] = 1,
    diversity: Annotated[
        float,
        typer.Option(
            min=0.0, max=100.0, help="How strongly the images of a unit are kept unlike each other."
        ),
    ] = 0.0,
    batch: Annotated[
        int, typer.Option(min=1, max=256, help="How many images are made at once.")
    ] = 16,
    engine: Annotated[str, typer.Option(help="Where it runs: local or ray.")] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="Address of a Ray cluster; by default one is started for this run."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many networks on Ray.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("features"),
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Make the picture that excites a unit most, from noise, step by step.

    Writes a PNG for each unit, features.json with the activation reached, and with --all-units a
    sheet of the layer, or of every layer where none is named. Called again, it goes on where it
    was cut short.
    """
    parameters = PRESETS.named(preset).parameters
    if objective not in OBJECTIVES:
        raise UserError(f"--objective {objective!r} is not known; use {', '.join(OBJECTIVES)}")
    free = objective in WHOLE or direction is not None
    if direction is not None and objective != "direction":
        raise UserError("--direction is of another objective; add --objective direction")
    if objective == "direction" and all_units:
        raise UserError("a direction is one for a layer; leave --all-units out")
    if objective == "caricature" and picture is None:
        raise UserError("a caricature is of a picture; name it with --picture")
    if picture is not None and engine != "local":
        raise UserError("--picture goes with --engine local only")
    if index is not None and not all_units:
        raise UserError("--index lays out cards of a whole layer; add --all-units")
    if not layer and not all_units:
        raise UserError("give --layer as nnvis layers lists it, or --all-units for every layer")
    if bool(unit) == all_units and not free:
        raise typer.BadParameter("give --unit, or --all-units", param_hint="--unit")
    if engine not in ("local", "ray"):
        raise UserError(f"there is no engine {engine!r}; use local or ray")
    numbers = _units(unit) if unit else []
    place = _cell(cell)
    if picture is not None and preset == DEFAULT:  # a climb that keeps what it begins with
        parameters, preset = DREAM, "dream"
    given: dict[str, Any] = {"diversity": diversity, **read_set_options(settings)}
    parameters = changed(parameters, given if steps is None else {**given, "steps": steps}, preset)

    from nnvis.export import file_name
    from nnvis.featurevis.cache import FeatureCache
    from nnvis.featurevis.partial_forward import layer_of
    from nnvis.featurevis.save import save_features

    network = load_model(model_request)
    seeds_of = range(model_request.seed, model_request.seed + seeds)
    layers = {LOGITS if layer == SCORES else layer: out}
    if not layer:  # a folder each; numbered, since names may differ in signs that no file has
        every = network.info(model_request).layers
        layers = {one.name: out / file_name(f"{at:03d}", one.name) for at, one in enumerate(every)}
    asked = _Asked(
        numbers, all_units, objective, place if objective == "cell" else None, other, direction
    )
    targets = {name: asked.targets(name, layer_of(network, name).units) for name in layers}
    fed = None
    if picture is not None:
        fed = network.preprocess.feed(read_given(picture).picture)
    if index is not None:
        from nnvis.engine.unit_card.sheet import top_thumbnails

        for name in layers:  # says what is wrong before the climb
            top_thumbnails(index, network.weights_hash, name, 0)
    reports = []
    for name, folder in layers.items():
        if engine == "ray":
            from nnvis.featurevis.ray_backend import spread

            drain_with_bar(
                spread(
                    network, model_request, targets[name], parameters, folder, preset=preset,
                    seeds=seeds_of, batch=batch, address=address, workers=workers,
                )
            )  # fmt: skip
        saved = drain_with_bar(
            save_features(
                network, model_request.spec, targets[name], parameters, folder, preset=preset,
                seeds=seeds_of, batch=batch, sheet=all_units, store=FeatureCache(), start=fed,
            )
        )  # fmt: skip
        if index is not None:
            from nnvis.engine.unit_card.sheet import write_cards

            about = {
                "model": model_request.spec,
                "weights_hash": network.weights_hash,
                "random": network.random,
                "preset": preset,
            }
            report = [one for one in saved.report if one["seed"] == model_request.seed]
            cards = drain_with_bar(write_cards(folder, report, index, network.weights_hash, about))
            say(f"the cards of {layer or name} are {cards}")
        if all_units:
            say(f"the sheet of {layer or name} is {saved.files[-1]}")
        reports += [(folder, one) for one in saved.report]
    if json:
        print_json([one if layer else {**one, "folder": str(at)} for at, one in reports])
        return
    print_table(
        (*(() if layer else ("layer",)), "unit", "seed", "reached", "of grey", "file"),
        [
            (*(() if layer else (one["layer"],)), one["unit"], one["seed"],
             f"{one['reached']:.4g}", f"{one['grey']:.4g}", one["note"] or folder / one["file"])
            for folder, one in reports
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be raised in a layer."""

    units: list[int]
    all_units: bool
    objective: str
    cell: tuple[int, int] | None
    other: int
    direction: int | None  # seed of a random one

    def targets(self, layer: str, units: int) -> list[Target]:
        """Return the targets in a layer of so many units.

        Raises:
            UserError: it has no such unit, or they say nothing.
        """
        numbers = list(range(units)) if self.all_units else self.units
        if self.direction is not None:
            return [Target.random(layer, units, self.direction) for _ in numbers or [0]]
        if self.objective == "direction":
            if self.other in numbers:
                raise UserError(
                    f"unit {self.other} less itself is no direction; name another --other"
                )
            for one in (*numbers, self.other):
                if one >= units:
                    raise UserError(f"{layer} has no unit {one}; it has units 0 to {units - 1}")
            return [Target.difference(layer, units, one, self.other) for one in numbers]
        other = self.other if self.objective == "minus" else 0
        return [Target(layer, one, self.objective, self.cell, other) for one in numbers or [0]]


def _units(text: str) -> list[int]:
    """Read "3,5,8-12".

    Raises:
        UserError: it is no list of whole numbers from 0.
    """
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or not (last or "0").isdecimal():
            raise UserError(f"--unit {text!r} is no list of units; write 3,5 or 8-12")
        found += range(int(first), int(last or first) + 1)
    return list(dict.fromkeys(found))


def _cell(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    row, _, column = text.partition(",")
    if not (row.strip().isdecimal() and column.strip().isdecimal()):
        raise UserError(f"--cell {text!r} is no cell; write row,column as in 3,4")
    return int(row), int(column)
