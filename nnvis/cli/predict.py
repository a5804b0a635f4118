"""The command that prints what the network sees."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from nnvis.cli import options
from nnvis.cli.model_options import load_model, takes_model
from nnvis.cli.objects import found_objects
from nnvis.cli.pictures import GivenPicture, PictureResult, look_at_each
from nnvis.cli.terminal import print_table, say
from nnvis.errors import UserError
from nnvis.models.asked.model_request import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.sources.frame import Frame

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel


@takes_model
def predict(
    source: options.Sources,
    top: Annotated[int, typer.Option(min=1, help="How many classes.")] = 5,
    fit: options.Fit = "crop",
    json: options.Json = False,
    *,
    model_request: ModelRequest,
) -> None:
    """Print the classes that the network sees in the first picture of SOURCE, or the objects."""
    how = options.check_fit(fit)

    def look(network: VisionModel, frame: Frame, one: GivenPicture) -> PictureResult:
        see = _objects if network.detects else _classes
        return see(network, frame, one, how, top)

    look_at_each(source, lambda: load_model(model_request), look, json)


def _classes(
    network: VisionModel, frame: Frame, one: GivenPicture, fit: Fit, top: int
) -> PictureResult:
    import torch

    with torch.no_grad():
        logits = network(network.prepare(frame.picture, fit)[1])
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise UserError(f"{network.name} has no classes to predict; look at its layers instead")
    if not bool(logits.isfinite().all()):
        told = next((note for note in network.notes if "NaN" in note), "") or _where_odd(network)
        raise UserError(f"{network.name} answers with NaN or infinite values; {told}")
    scores = network.listed(logits)[0]
    values, classes = scores.topk(min(top, len(scores)))
    kind = "probability" if network.meaning.lists_classes else "value"
    badge = {"random": network.random} if network.random else {}
    rows = [
        {"index": index, "label": network.label(index), kind: value} | badge
        for index, value in zip(classes.tolist(), values.tolist(), strict=True)
    ]

    def tell() -> None:
        print_table(
            (*one.column, kind, "class", "label"),
            [(*one.cell, f"{row[kind]:.4f}", row["index"], row["label"]) for row in rows],
        )

    return PictureResult(rows, tell)


def _objects(
    network: VisionModel, frame: Frame, one: GivenPicture, fit: Fit, top: int
) -> PictureResult:
    found = found_objects(network, frame.picture, fit)
    listed = found.listed[:top]
    height, width = network.input_size
    lines = [
        (
            *one.cell,
            number,
            f"{each.score:.4f}",
            each.label,
            each.name,
            ", ".join(
                f"{part * side:.0f}"
                for part, side in zip(each.box, (width, height) * 2, strict=True)
            ),
            "" if each.area is None else f"{each.area:.1%}",
        )
        for number, each in enumerate(listed)
    ]

    def tell() -> None:
        if not lines:
            say(f"{network.name} finds nothing in {one.source}")
        columns = ("number", "score", "class", "label", "left, top, right, bottom", "area")
        print_table((*one.column, *columns), lines)
        more = len(found.listed) - len(listed) + found.left_out
        if more > 0:
            say(f"and {more} more (--top)")

    rows = [{"number": number, **asdict(each)} for number, each in enumerate(listed)]
    return PictureResult(rows, tell)


def _where_odd(network: VisionModel) -> str:
    from nnvis.models.checkpoint import some

    odd = [
        name
        for name, one in network.network.state_dict().items()
        if hasattr(one, "isfinite") and not bool(one.isfinite().all())
    ]
    return f"its weights are not all finite, in {some(odd)}" if odd else "look where they begin"
