"""The command that writes what layers make of pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnvis.cli import options
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.objects import ObjectOption
from nnvis.cli.pictures import GivenPicture, PictureResult, look_at_each, read_given
from nnvis.cli.set_option import SetOption, read_set_options
from nnvis.cli.snapshot_options import (
    ACTIVATION,
    check_half,
    check_views,
    read_cells,
    read_display,
    read_parameters,
    read_through,
)
from nnvis.cli.terminal import drain_with_bar, note, print_table, say
from nnvis.cli.window_options import HalfOption
from nnvis.engine.protocol.request import Half, Request
from nnvis.engine.saving.activations import check_suffix
from nnvis.errors import UserError
from nnvis.export import read_meta
from nnvis.imaging.attribution_options import MOST_BLUR, DisplayKind, DisplayOver
from nnvis.imaging.colour_options import COLORMAPS, SIGNED_COLORMAPS, Range, Shading
from nnvis.models.asked.model_request import ModelRequest
from nnvis.models.info import ModelInfo
from nnvis.sources.frame import Frame
from nnvis.views.registry import EVERY_VIEW
from nnvis.views.request import AttributionRequest

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

_OUTER = ("block", "linear")


@takes_model
def snapshot(
    source: options.Sources,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the PNG files. Needed, unless --arrays is given."),
    ] = None,
    arrays: Annotated[
        Path | None,
        typer.Option(
            help="Write what the layers put out, (units,h,w) by the layers' names, into this file: "
            ".npz or .safetensors. With several pictures, one file each."
        ),
    ] = None,
    layer: Annotated[list[str] | None, typer.Option(help="A layer; may be repeated.")] = None,
    unit: Annotated[list[int] | None, typer.Option(help="A unit; may be repeated.")] = None,
    view: Annotated[
        list[str] | None,
        typer.Option(help=f"{', '.join(EVERY_VIEW.built_in)}; may be repeated."),
    ] = None,
    settings: SetOption = None,
    of_class: Annotated[
        str | None, typer.Option("--class", help="Show the views of a class, by label or index.")
    ] = None,
    number: ObjectOption = None,
    cells: Annotated[
        str,
        typer.Option(help="Which cells of the unit views follow: map, max, sum, or ROW,COLUMN."),
    ] = "map",
    at: Annotated[
        str, typer.Option(help="For the CAM views: the layer whose maps are weighed.")
    ] = "",
    through: Annotated[
        str,
        typer.Option(help="With --class and the view lrp: only what passes a unit, LAYER:UNIT."),
    ] = "",
    display: Annotated[
        str, typer.Option(help=f"How views are displayed: {', '.join(DisplayKind)}.")
    ] = "raw",
    over: Annotated[
        str, typer.Option(help=f"How a view stands with the input: {', '.join(DisplayOver)}.")
    ] = "alone",
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="How strongly the view covers the input.")
    ] = 0.8,
    blur: Annotated[
        float,
        typer.Option(min=0, max=MOST_BLUR, help="Sigma of the blur of a blurred view, in pixels."),
    ] = 4.0,
    all_layers: Annotated[bool, typer.Option("--all-layers", help="Write every layer.")] = False,
    score: Annotated[
        bool,
        typer.Option(
            help="Measure each view by deletion and insertion, beside random and centred orders; "
            "--json then gives path, curves, areas and verdict of each picture."
        ),
    ] = False,
    fit: options.Fit = "crop",
    half: HalfOption = None,
    values: Annotated[
        str, typer.Option("--range", help="What the colours span: unit, layer, or LOW,HIGH.")
    ] = "layer",
    gamma: Annotated[float, typer.Option(min=0.05, max=20, help="Exponent on the values.")] = 1.0,
    boost: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="How far weak units are lifted: 0 not at all, 1 to the full range."
        ),
    ] = 0.0,
    colormap: Annotated[str, typer.Option(help=f"{', '.join(COLORMAPS)}.")] = "viridis",
    signed_colormap: Annotated[
        str, typer.Option(help=f"For values of both signs: {', '.join(SIGNED_COLORMAPS)}.")
    ] = "blue-orange",
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Write what the layers of the network make of SOURCE as PNGs: one a layer, one a unit.

    And, with --view, what in the picture drives them.
    """
    views = check_views(view or [])
    if out is None and arrays is None:
        raise UserError("nothing is to be written; give --out FOLDER, --arrays FILE.npz, or both")
    if arrays is not None:
        check_suffix(arrays)
    if arrays is not None and not layer and not all_layers:
        raise UserError("--arrays writes layers; give --layer NAME or --all-layers")
    if not layer and not all_layers and of_class is None and number is None:
        raise UserError(
            "no layer was named; give --layer NAME (nnvis layers lists them) or --all-layers"
        )
    if score and not (any(one != ACTIVATION for one in views) and (unit or of_class is not None)):
        raise UserError(
            "--score measures a view of a unit or a class; give --view, and one of both"
        )
    request = Request(
        *read_through(through, views, of_class),
        shading=_shading(values, gamma, boost, colormap, signed_colormap),
        fit=options.check_fit(fit),
        half=check_half(half or "off"),
        attribution=AttributionRequest(
            cells=read_cells(cells),
            at=at,
            through=bool(through),
            parameters=read_parameters(views, read_set_options(settings)),
        ),
        display=read_display(display, over, strength, blur),
    )
    if out is not None:
        _check_folder(out)
    told: set[str] = set()
    choose = every_layer if all_layers else lambda _: layer or []

    def look(model: VisionModel, frame: Frame, one: GivenPicture) -> PictureResult:
        paths: list[Path] = []
        if out is not None:
            paths += _write(
                model, model_request, frame, choose, unit or [],
                out if one.alone else out / one.stem,
                request, views, of_class, scored=score, number=number,
            )  # fmt: skip
            told.update(_tell_half(model, request.half, told))
        if arrays is not None:
            paths += _write_arrays(model, model_request, frame, choose, arrays, request, one)
        if not paths:
            raise UserError(
                f"no layer ran on {one.stem}: no picture was written; choose another picture"
            )
        found = [
            {"path": str(path), "score": _score(path) if path.suffix == ".png" else None}
            for path in paths
        ]
        return PictureResult(
            found if score else [str(path) for path in paths], lambda: _tell(paths, score)
        )

    look_at_each(source, lambda: load_model(model_request), look, json)


def _tell_half(model: VisionModel, half: Half, told: set[str]) -> set[str]:
    """Say in what the activations were computed, where that was asked; once. Returns what."""
    from nnvis.models.half import refusal

    if half is Half.OFF:
        return set()
    why = refusal(model, half.value)
    in_half = f"the activations are those of a network in half precision ({half.value})"
    lines = {f"not in half precision: {why}" if why else in_half}
    note(lines - told)
    return lines


def _write_arrays(
    model: VisionModel,
    model_request: ModelRequest,
    frame: Frame,
    choose: Callable[[ModelInfo], Sequence[str]],
    path: Path,
    request: Request,
    one: GivenPicture,
) -> list[Path]:
    from nnvis.engine.saving.activations import write_activations

    info = model.info(model_request)
    own = path if one.alone else path.with_name(f"{path.stem}-{one.stem}{path.suffix}")
    return drain_with_bar(write_activations(model, info, frame, request, choose(info), own))


def _tell(paths: Sequence[Path], scored: bool) -> None:
    say(f"{len(paths)} {'file' if len(paths) == 1 else 'files'} in {paths[0].parent}")
    print_table(("file",), [(path,) for path in paths])
    for path in (one for one in paths if scored and one.suffix == ".png"):
        if found := _score(path):
            say(f"{path.name}: {found['text']}")


def _score(path: Path) -> dict[str, Any] | None:
    """Return what deletion and insertion found of a picture that was written."""
    return read_meta(path).get("score")


def write_snapshots(
    source: str,
    model_request: ModelRequest,
    choose: Callable[[ModelInfo], Sequence[str]],
    units: Sequence[int],
    out: Path,
    half: str = "off",
) -> list[Path]:
    """Write the sheets (and units) of the layers that `choose` picks, for the first frame.

    Raises:
        UserError: something given cannot be used; says what.
    """
    _check_folder(out)
    frame = read_given(source)
    model = load_model(model_request)
    request = Request(half=check_half(half))
    return _write(model, model_request, frame, choose, units, out, request, (ACTIVATION,))


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")


def _write(
    model: VisionModel,
    model_request: ModelRequest,
    frame: Frame,
    choose: Callable[[ModelInfo], Sequence[str]],
    units: Sequence[int],
    out: Path,
    request: Request,
    views: Sequence[str],
    of_class: str | None = None,
    *,
    scored: bool = False,
    number: int | None = None,
) -> list[Path]:
    """Write, of the views other than the activations, also those of a class or of an object."""
    from nnvis.cli.objects import object_of
    from nnvis.engine.saving.attributions import save_class_views, save_views
    from nnvis.engine.saving.sheets import save_layers

    info = model.info(model_request)
    chosen = choose(info)
    attributions = [one for one in views if one != ACTIVATION]
    paths: list[Path] = []
    if ACTIVATION in views:
        plain = replace(request, attribution=None)
        paths += drain_with_bar(save_layers(model, info, frame, plain, chosen, units, out))
    paths += drain_with_bar(
        save_views(model, info, frame, request, chosen, units, attributions, out, scored=scored)
    )
    if number is not None:
        region = object_of(model, frame.picture, request.fit, number)
        paths += drain_with_bar(
            save_class_views(
                model, info, frame, request, region.label, attributions, out,
                scored=scored, region=region,
            )
        )  # fmt: skip
    if of_class is not None:
        index = class_of(model, info, of_class)
        paths += drain_with_bar(
            save_class_views(model, info, frame, request, index, attributions, out, scored=scored)
        )
    return paths


def class_of(model: VisionModel, info: ModelInfo, text: str) -> int:
    """Return the class that `text` names.

    Raises:
        UserError: there is none, or the network has no classes.
    """
    from nnvis.attacks.classes import find_class

    if not model.classes:
        raise UserError(f"{info.name} has no classes; give --layer and --unit instead of --class")
    return find_class(text, info.labels, model.classes)


def every_layer(info: ModelInfo) -> list[str]:
    """Return the names of all layers."""
    return [layer.name for layer in info.layers]


def main_layers(info: ModelInfo) -> list[str]:
    """Return the names of the outermost blocks and heads, and of a layer worth seeing first."""
    outer = [one.name for one in info.layers if one.depth <= 1 and one.family in _OUTER]
    first = info.first_look().name
    return outer if first in outer else [first, *outer]


def _shading(
    values: str, gamma: float, boost: float, colormap: str, signed_colormap: str
) -> Shading:
    if colormap not in COLORMAPS:
        raise UserError(f"--colormap {colormap!r} is not known; use {', '.join(COLORMAPS)}")
    if signed_colormap not in SIGNED_COLORMAPS:
        raise UserError(
            f"--signed-colormap {signed_colormap!r} is not known; use {', '.join(SIGNED_COLORMAPS)}"
        )
    common = Shading(gamma=gamma, boost=boost, colormap=colormap, signed_colormap=signed_colormap)
    named = {"unit": Range.UNIT, "layer": Range.LAYER}
    if values in named:
        return replace(common, range=named[values])
    try:
        low, high = (float(part) for part in values.split(","))
    except ValueError:
        low = high = 0.0
    if not low < high:
        raise UserError(f"--range {values!r} is not known; use unit, layer, or LOW,HIGH as in 0,6")
    return replace(common, range=Range.FIXED, low=low, high=high)
