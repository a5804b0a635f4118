"""The commands that make a report of an experiment, one for each."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from nnvis.cli import options
from nnvis.cli.commands import can_be_interrupted
from nnvis.cli.lab_options import FLAGS, TAKEN, form_of, forms_of
from nnvis.cli.lab_reports import (
    tell_found,
    write_between,
    write_directions,
    write_objects,
    write_sanity,
    write_sharpness,
)
from nnvis.cli.model_options import takes_model
from nnvis.cli.set_option import SetOption, read_set_options
from nnvis.cli.terminal import drain_with_bar, print_json, print_table
from nnvis.errors import UserError
from nnvis.extras import require
from nnvis.labs.datasets.names import CHOICES, DIGITS
from nnvis.labs.framework.record import Record, to_json
from nnvis.labs.framework.statistics import table_cell
from nnvis.labs.registry import EVERY, LABS, OWN
from nnvis.labs.run_lab import run_lab
from nnvis.language import tr
from nnvis.models.asked.model_request import ModelRequest
from nnvis.plugins import named

SPECIAL = ("sanity", "between", "sharpness")
HELP = {
    "sanity": "Ask of each view whether it notices that the network knows nothing.",
    "between": "Walk the line between two checkpoints of a network.",
    "sharpness": "Measure how sharp a network's minimum is, at one checkpoint or several.",
    "all": "Run every experiment that trains networks of its own, each in a folder of --out.",
}
OWN_FORMS = {
    "basis": "directions --model MODEL --data FOLDER",
    "objects": "forget --model MODEL --objects FOLDER FOLDER",
}
_SET = "set_"  # before a parameter's name, so that it is no other option's


class LabCommands(TyperGroup):
    """A command for each lab, those of plugins among them, which are made when one is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return their names."""
        del ctx
        return [*SPECIAL, *LABS, "all"]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of one of them.

        Raises:
            UserError: there is none of this name.
        """
        del ctx
        if cmd_name in OWN:
            raise UserError(f"the lab {cmd_name} is asked for as nnvis lab {OWN_FORMS[cmd_name]}")
        if cmd_name not in HELP:
            named(dict.fromkeys([*EVERY, *SPECIAL, "all"], ""), "lab", cmd_name)
        return can_be_interrupted(_command(cmd_name))


labs = typer.Typer(
    cls=LabCommands,
    help="Make a report of an experiment: numbers, figures and curves.",
    no_args_is_help=True,
)


@labs.callback()
def group() -> None:
    """Make a report of an experiment: numbers, figures and curves."""


def _command(name: str) -> Any:
    """Return the command of the lab `name`: of the options, its help shows those that it takes."""
    taken = _taken(name)

    def run(context: typer.Context, **values: Any) -> None:
        given = {
            one.removeprefix(_SET): values.pop(one) for one in [*values] if one.startswith(_SET)
        }
        _run(
            context, name, {key: text for key, text in given.items() if text is not None}, **values
        )

    own = list(inspect.signature(_run, eval_str=True).parameters.values())[3:]
    kinds = {"context": typer.Context}
    first = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [first, *own[:-1], *_parameters(name), own[-1]]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    )
    run.__annotations__ = kinds | {one.name: one.annotation for one in parameters}
    maker = typer.Typer(rich_markup_mode="rich", add_completion=False)
    text = HELP.get(name) or f"{LABS[name].title}.\n\n{LABS[name].claim}"
    maker.command(name, help=text)(takes_model(run))
    made: Any = typer.main.get_command(maker)
    own_flags = {flag for one in made.params if one.name.startswith(_SET) for flag in one.opts}
    for one in [*made.params]:
        if one.name in FLAGS and one.name not in taken:
            one.hidden = True
            if FLAGS[one.name] in own_flags:
                made.params.remove(one)  # as --labels, which is another's where none are read
    return made


def _taken(name: str) -> frozenset[str]:
    return frozenset[str]().union(*(TAKEN[form] for form in forms_of(name)))


def _parameters(name: str) -> Iterator[inspect.Parameter]:
    """Yield an option for each parameter of a lab; where a flag is another's, --set remains."""
    taken = _taken(name)
    seen = {*(FLAGS[one] for one in taken), "--out", "--quick", "--json", "--device", "--seed"}
    also = {"objects": "With --objects", "basis": "Of a network that is there already"}
    for form in forms_of(name):
        panel = also.get(form, "Parameters")
        kind = EVERY[form] if form in also else LABS.get(name)
        for one in kind.options if kind else ():
            flag = f"--{one.name.replace('_', '-')}"
            if flag not in seen:
                seen.add(flag)
                default = f"{one.default:g}" if isinstance(one.default, float) else one.default
                about = typer.Option(
                    flag,
                    help=f"{one.about.removesuffix('.')}: {one.allowed}; {default} by default.",
                    metavar=type(one.default).__name__.upper(),
                    rich_help_panel=panel,
                )
                yield inspect.Parameter(
                    _SET + one.name, inspect.Parameter.KEYWORD_ONLY, default=None,
                    annotation=Annotated[str | None, about],
                )  # fmt: skip


def _run(
    context: typer.Context,
    name: str,
    parameters: dict[str, str],
    out: Annotated[Path, typer.Option(help="The folder for report.json, PNG and CSV files.")],
    source: Annotated[list[str] | None, typer.Option(help="A picture; may be given again.")] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file of weights; between takes two, sharpness any number, directions one."
        ),
    ] = None,
    objects: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Two folders of pictures that a copy of --model learns."),
    ] = None,
    layer: Annotated[
        str, typer.Option(help="A layer of --model; empty: the last one before the head.")
    ] = "",
    second: Annotated[
        str | None,
        typer.Option(help="Another network, which says how alike pictures are."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many runs, from --seed on.", min=1)] = 5,
    data: Annotated[
        str,
        typer.Option(
            help=f"{', '.join(CHOICES)}, or a folder of folders; empty: each lab's own, or digits "
            "with --quick. directions of a --model: a folder of pictures, .tar, video, list, or an "
            "nnvis index."
        ),
    ] = "",
    settings: SetOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="Coarser, and much sooner.")] = False,
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    require("labs", f"the lab {name}")
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    given = {one for one in FLAGS if _is_given(context, one)}
    form = form_of(name, given, data)
    seed, device = model_request.seed, model_request.device
    values = {**read_set_options(settings), **parameters}
    seeds_ = tuple(range(seed, seed + seeds))
    if form == "sanity":
        write_sanity(model_request, source or (), out, quick, json)
        return
    if form == "between":
        write_between(model_request, checkpoint or (), data or DIGITS, out, quick, json)
        return
    if form == "sharpness":
        write_sharpness(model_request, checkpoint or (), data or DIGITS, out, quick, json)
        return
    if form == "objects" and objects is not None:
        read = EVERY["objects"].values(values)
        write_objects(model_request, objects, data, out, read, quick, json)
        return
    if form == "basis":
        read = EVERY["basis"].values(values)
        write_directions(
            model_request, layer, second, checkpoint or (), data, seeds_, out, read, quick, json
        )
        return
    names = tuple(LABS) if name == "all" else (name,)
    if values and name == "all":
        raise UserError("--set is for one lab; name it in place of all")

    from nnvis.models.devices import resolve

    on = str(resolve(device if device != "auto" else "cpu"))
    say_found = _nothing if json else _tell
    if name == "all":
        from nnvis.cli.all_labs import run_labs

        found = drain_with_bar(
            run_labs(names, out, say_found, seeds=seeds_, data=data, device=on, quick=quick)
        )
    else:
        chosen = LABS[name].values(values)
        found = [
            drain_with_bar(
                run_lab(name, out, seeds=seeds_, values=chosen, data=data, device=on, quick=quick)
            )
        ]
        say_found(found[0], out)
    if json:
        reports = [to_json(record) for record in found]
        print_json(reports[0] if name != "all" else reports)


def _nothing(record: Record, place: Path) -> None:
    """Leave all to the JSON at the end."""


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether a person wrote the option."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _tell(record: Record, place: Path) -> None:
    tell_found(record, place)
    if record.outcome is None:
        return
    print_table(
        ("measured", "mean ± deviation", "in the paper"),
        [
            (tr(one.title), tr(table_cell(one.values, one.unit)), tr(one.paper))
            for one in record.outcome.measures
        ],
        title=LABS[record.lab].title,
    )
