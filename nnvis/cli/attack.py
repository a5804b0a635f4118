"""The command that fools the network."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnvis.cli import options
from nnvis.cli.list import list_kind
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.objects import GONE, ObjectOption, object_of
from nnvis.cli.pictures import GivenPicture, PictureResult, look_at_each
from nnvis.cli.set_option import SetOption, read_set_options
from nnvis.cli.terminal import drain_with_bar, print_json, print_table, say
from nnvis.errors import UserError
from nnvis.models.asked.model_request import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.sources.frame import Frame
from nnvis.sources.paths import expanded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnvis.models.vision import VisionModel

ARGUMENTS_HELP = (
    "Each method has parameters of its own, given as --steps 20, --restarts 5 and so on; "
    "nnvis list attacks --parameters lists them."
)


@takes_model
def attack(
    context: typer.Context,
    source: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE...]",
            help="As for nnvis predict; of a folder, every picture is attacked.",
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(help="pgd, fgsm, deepfool, cw, ...; for a folder also several, as in pgd,cw."),
    ] = "pgd",
    eps: Annotated[
        str | None,
        typer.Option(
            help="Size of the change, as in 4/255; for a folder also several, as in 1/255,4/255."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="The class to be seen, by label or index, or gone for an object that is to vanish;"
            " by default any other than now."
        ),
    ] = None,
    number: ObjectOption = None,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("attacks"),
    own_size: Annotated[
        bool,
        typer.Option(
            "--own-size/--input-only",
            help="Change the whole picture at its own size, or only what the network is fed.",
        ),
    ] = True,
    settings: SetOption = None,
    methods: Annotated[
        bool, typer.Option("--methods", help="List the methods and the parameters of each.")
    ] = False,
    fit: options.Fit = "crop",
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Change SOURCE a little so that the network sees something else.

    Writes the picture before and after, the change and a report, all measured on the written
    8-bit file; of a folder also a table and a robustness curve, going on where it was cut short.

    Each method has parameters of its own, given as --steps 20, --restarts 5 and so on; nnvis attack
    --methods lists them.
    """
    if methods:
        list_kind("attacks", parameters=True, json=json)
        return
    # What a method's own parameters are called, typer does not know: they are among the sources.
    words = [*(source or ()), *context.args]
    first = next((at for at, word in enumerate(words) if word.startswith("--")), len(words))
    sources, given = words[:first], {**_given(words[first:]), **read_set_options(settings)}
    if not sources:
        raise typer.BadParameter("name a picture or a folder", param_hint="SOURCE")
    how = options.check_fit(fit)
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    folders = [path for one in sources if (path := expanded(one)).is_dir()]
    if folders and len(sources) > 1:
        raise UserError(f"a folder is attacked on its own; leave out what is beside {folders[0]}")
    if number is not None and (folders or len(sources) > 1):
        raise UserError("--object is for one picture: its number is another one in each")
    names, sizes = _checked(method, eps, given)

    def spec_for(network: VisionModel) -> Any:
        from nnvis.attacks.batch import BatchSpec
        from nnvis.attacks.classes import find_class

        aim = None
        if target is not None and network.focus is not None and target.lower() in GONE:
            # Of a region each cell is of some class: it is gone where it is of any other.
            aim = network.classes if network.detects == "boxes" else None
        elif target is not None:
            aim = find_class(target, network.answers, network.classes + bool(network.negative))
        return BatchSpec(names, sizes, given, aim, model_request.seed, how, own_size)

    if folders:
        network = load_model(model_request)
        _attack_folder(network, folders[0], spec_for(network), out, json)
        return
    if len(names) != 1 or len(sizes) > 1:
        raise UserError("one picture takes one --method and one --eps; give a folder for several")

    def look(network: VisionModel, frame: Frame, one: GivenPicture) -> PictureResult:
        if number is not None:
            region = object_of(network, frame.picture, how, number)
            network = network.at(region, target is not None)
        return _attack_one(network, frame.picture, one, spec_for(network), out)

    look_at_each(sources, lambda: load_model(model_request), look, json)


def _attack_one(
    model: VisionModel, picture: NDArray[np.uint8], one: GivenPicture, spec: Any, out: Path
) -> PictureResult:
    from nnvis.attacks import ATTACKS
    from nnvis.attacks.native_size import NativeSize
    from nnvis.attacks.save import save
    from nnvis.parameters import build

    attack = ATTACKS[spec.methods[0]]
    values = {**spec.values, **({"eps": spec.eps[0]} if spec.eps else {})}
    if spec.own_size:
        before = NativeSize(model, picture, spec.fit)
        steps = attack(before, before.x, target=spec.target, seed=spec.seed, **values)
    else:
        x = model.prepare(picture, spec.fit)[1]
        steps = attack(model, x, target=spec.target, seed=spec.seed, **values)
    outcome = drain_with_bar(steps)
    about = {
        "source": one.source,
        "model": model.name,
        "weights_hash": model.weights_hash,
        "random": model.random,
        "seed": spec.seed,
        "own_size": spec.own_size,
        **({"region": asdict(model.focus.region)} if model.focus is not None else {}),
        "parameters": asdict(build(attack.parameters, values, attack.name)),
    }
    fit = spec.fit if spec.own_size else Fit.STRETCH
    saved = save(outcome, 0, model, fit, out, one.stem, about)
    report = saved.report

    def tell() -> None:
        print_table(
            (*one.column, "", "probability", "class", "label"),
            [
                (
                    *one.cell,
                    kind if row == 0 else "",
                    f"{each['probability']:.4f}",
                    each["index"],
                    each["label"],
                )
                for kind in ("clean", "adversarial")
                for row, each in enumerate(report[kind])
            ],
        )
        lines = [
            ("fooled", "yes" if report["success"] else "no"),
            ("L-inf", f"{report['linf'] * 255:.0f}/255"),
            ("L2", f"{report['l2']:.4f}"),
            ("changed pixels", report["l0"]),
            ("steps", report["steps"]),
            ("seconds", f"{report['seconds']:.1f}"),
            *(("file", path) for path in saved.files.values()),
        ]
        print_table((*one.column, "what", "value"), [(*one.cell, *line) for line in lines])

    if report["warning"]:
        say(f"nnvis: {report['warning']}")
    return PictureResult(report, tell)


def _attack_folder(model: VisionModel, folder: Path, spec: Any, out: Path, json: bool) -> None:
    from nnvis.attacks.batch import CURVE, FAILED, TABLE, attack_all, robustness
    from nnvis.sources.folder import pictures_in

    found, _ = pictures_in(folder)
    pictures = [one for one in found if out.absolute() not in one.parents]
    rows = drain_with_bar(attack_all(model, model.weights_hash, pictures, spec, out))
    curves = robustness(rows)
    if json:
        print_json(
            {"rows": [asdict(row) for row in rows], "curves": [asdict(curve) for curve in curves]}
        )
    else:
        print_table(
            ("method", "norm", "eps", "class stands", "pictures"),
            [
                (curve.name, curve.norm, f"{eps:.4g}", f"{share:.1%}", curve.pictures)
                for curve in curves
                for eps, share in curve.points
            ],
        )
        say(f"{out / TABLE}, {out / CURVE}.csv, {out / CURVE}.png")
    failed = [row for row in rows if row.status == FAILED]
    if failed:
        say(f"nnvis: {len(failed)} of {len(rows)} failed, first {failed[0].warning}")


def _given(arguments: list[str]) -> dict[str, str]:
    """Read `--name value` and `--name=value` of the method's own parameters."""
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise typer.BadParameter(f"{word!r} belongs to no option; {ARGUMENTS_HELP}")
        name, equals, value = word[2:].partition("=")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise typer.BadParameter(f"--{name} needs a value; {ARGUMENTS_HELP}")
            value = rest.pop(0)
        given[name.replace("-", "_")] = value
    return given


def _checked(
    method: str, eps: str | None, given: dict[str, str]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return the methods and the values of eps.

    Raises:
        UserError: there is no such method, or none of them has a parameter that was given.
    """
    from nnvis.attacks import ATTACKS
    from nnvis.parameters import build

    names = tuple(dict.fromkeys(part.strip() for part in method.split(",")))
    for name in names:
        ATTACKS.named(name)
    sizes: list[float] = []
    having = [name for name in names if any(o.name == "eps" for o in ATTACKS[name].options)]
    if eps is not None:
        if not having:
            build(ATTACKS[names[0]].parameters, {"eps": eps}, names[0])  # says so
        option = next(o for o in ATTACKS[having[0]].options if o.name == "eps")
        sizes = [float(option.read(part)) for part in eps.split(",")]
    for name, value in given.items():
        owners = [one for one in names if any(o.name == name for o in ATTACKS[one].options)]
        for owner in owners or names[:1]:
            build(ATTACKS[owner].parameters, {name: value}, owner)
    return names, tuple(sizes)
