"""The command that says where a network is wrong on labelled pictures, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnvis.cli import options
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.models.asked.model_request import ModelRequest
from nnvis.sources.paths import expanded

if TYPE_CHECKING:
    from nnvis.error_analysis.run import ErrorRun, Question
    from nnvis.views.request import Ablation


@takes_model
def errors(
    folder: Annotated[
        str,
        typer.Argument(help="Pictures, a folder for each class; or any, with a table as --labels."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("errors"),
    classes: Annotated[
        Path | None,
        typer.Option(
            help="A file with the names of the network's classes, where --labels is a table."
        ),
    ] = None,
    renamed: options.Renamed = None,
    layer: options.Layers = None,
    select: Annotated[
        list[str] | None,
        typer.Option(help="Which errors to look into: TRUTH:PREDICTED, or TRUTH; may be repeated."),
    ] = None,
    off: Annotated[
        list[str] | None,
        typer.Option(
            "--off", help="With --select: switch LAYER:UNIT off on all pictures; may be repeated."
        ),
    ] = None,
    scale: Annotated[
        list[str] | None,
        typer.Option(help="With --select: LAYER:UNIT=FACTOR on all pictures; may be repeated."),
    ] = None,
    clamp: Annotated[
        list[str] | None,
        typer.Option(
            help="With --select: cut LAYER:UNIT=LOW:HIGH on all pictures; may be repeated."
        ),
    ] = None,
    view: Annotated[
        str, typer.Option(help="The view that says which part of a picture is covered.")
    ] = "gradcam",
    cover: Annotated[
        str, typer.Option(help="What that part is covered with: grey, blur, inpaint.")
    ] = ("grey"),
    draws: Annotated[
        int, typer.Option(min=1, max=1000, help="How often random units are changed instead.")
    ] = 20,
    workers: options.Workers = None,
    engine: Annotated[str, typer.Option(help="What measures: local or ray.")] = "local",
    address: Annotated[
        str | None, typer.Option(help="Of a Ray cluster; without it one is started here.")
    ] = None,
    fit: options.Fit = "crop",
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Say where the network is wrong on labelled pictures, and what the errors hang on.

    --labels may be a table (CSV with the columns picture and label, and any others).
    """
    require("index", "nnvis errors")
    how = options.check_fit(fit)
    if engine not in ("local", "ray"):
        raise UserError(f"there is no engine {engine!r}; use local or ray")
    if address is not None and engine != "ray":
        raise UserError("--address is of a Ray cluster; add --engine ray")
    changes = unit_changes(off or (), scale or (), clamp or ())
    if changes and not select:
        raise UserError(
            "--off, --scale and --clamp say what becomes of errors; name them by --select"
        )
    start = None
    if engine == "ray":
        from nnvis.error_analysis.ray_backend import pass_on_ray

        start = pass_on_ray(address, workers)
    from nnvis.error_analysis.class_logits import class_count, class_labels
    from nnvis.error_analysis.labelled import is_table, read_labelled
    from nnvis.error_analysis.run import find_errors, look_into, report_errors

    table = None
    if model_request.labels is not None and is_table(expanded(model_request.labels)):
        table = model_request.labels
        model_request = replace(model_request, labels=str(classes) if classes else None)
    elif classes is not None:
        model_request = replace(model_request, labels=str(classes))
    network = load_model(model_request)
    pictures = read_labelled(
        folder, table, class_labels(network), class_count(network), renamings(renamed or ())
    )
    run = drain_with_bar(
        find_errors(network, model_request, pictures, out, layer or (), how, workers, start)
    )
    questions = [_question(one, run, changes, view, cover, draws) for one in select or ()]
    found = [drain_with_bar(look_into(network, run, one)) for one in questions]
    page = drain_with_bar(report_errors(run, found, out))
    if json:
        print_json({"path": str(out), "page": str(page)})
    _tell(run, page, table_too=not json)


def renamings(texts: Iterable[str]) -> dict[str, str]:
    """Read FOLDER=CLASS, or FOLDER= of one that is left out.

    Raises:
        UserError: one is not.
    """
    return dict(map(_pair, texts))


def _pair(text: str) -> tuple[str, str]:
    name, equals, meant = text.partition("=")
    if not equals or not name:
        raise UserError(f"--class {text!r} is not FOLDER=CLASS; write --class cats=281")
    return name, meant


def unit_changes(
    off: Iterable[str], scale: Iterable[str], clamp: Iterable[str]
) -> tuple[Ablation, ...]:
    """Read LAYER:UNIT, LAYER:UNIT=FACTOR and LAYER:UNIT=LOW:HIGH.

    Raises:
        UserError: one is not.
    """
    from nnvis.views.request import Ablation, AblationMode

    made = [Ablation(*_unit(one, "--off", "LAYER:7")) for one in off]
    for one in scale:
        unit, values = _values(one, "--scale", "LAYER:7=0.5", 1)
        made.append(Ablation(*unit, AblationMode.SCALE, factor=values[0]))
    for one in clamp:
        unit, values = _values(one, "--clamp", "LAYER:7=0:1", 2)
        if values[0] > values[1]:
            raise UserError(f"--clamp {one!r}: the first number is the lower one")
        made.append(Ablation(*unit, AblationMode.CLAMP, low=values[0], high=values[1]))
    return tuple(made)


def _unit(text: str, option: str, example: str) -> tuple[str, int]:
    layer, _, unit = text.rpartition(":")
    if not layer or not unit.isdecimal():
        raise UserError(f"{option} {text!r} names no unit; write {example}")
    return layer, int(unit)


def _values(
    text: str, option: str, example: str, count: int
) -> tuple[tuple[str, int], list[float]]:
    name, _, numbers = text.rpartition("=")
    try:
        values = [float(one) for one in numbers.split(":")]
    except ValueError:
        values = []
    if len(values) != count or not all(map(math.isfinite, values)):
        raise UserError(f"{option} {text!r} says not by how much; write {example}")
    return _unit(name, option, example), values


def _question(
    text: str, run: ErrorRun, changes: tuple[Ablation, ...], view: str, cover: str, draws: int
) -> Question:
    from nnvis.error_analysis.causes import Cover
    from nnvis.error_analysis.run import Question
    from nnvis.views.registry import VIEWS

    if view not in VIEWS:
        raise UserError(f"there is no view {view!r}; use one of {', '.join(VIEWS)}")
    if cover not in list(Cover):
        raise UserError(f"--cover {cover!r} is not known; use {', '.join(Cover)}")
    truth, colon, said = text.rpartition(":")
    if not colon:
        truth, said = said, ""
    return Question(
        _class(truth, run), _class(said, run) if said else None, changes, view,
        Cover(cover), draws,
    )  # fmt: skip


def _class(text: str, run: ErrorRun) -> int:
    """Find a class by what the person calls it, else by the network's name or number."""
    from nnvis.error_analysis.labelled import ClassNames

    by_given = {word: one for one, word in run.pictures.given.items()}
    if text in by_given:
        return by_given[text]
    names = ClassNames(run.class_names, len(run.class_names))
    return names.match([text], {text: text})[text]


def _tell(run: ErrorRun, page: Path, *, table_too: bool) -> None:
    analysis = run.analysis
    if table_too:
        rows = [
            (run.class_names[one], f"{rate.value:.1%}", f"{rate.low:.1%} to {rate.high:.1%}",
             rate.count)
            for one, rate in sorted(analysis.by_class.items(), key=lambda item: item[1].value)
        ]  # fmt: skip
        print_table(("class", "right", "95 %", "pictures"), rows[:20])
    one = analysis.accuracy
    skipped = len(run.measured.skipped) + len(run.pictures.left_out)
    left = f", {skipped} left out" if skipped else ""
    say(f"right: {one.value:.1%} ({one.low:.1%} to {one.high:.1%}) of {one.count:,} pictures{left}")
    say(f"{page}")
