"""The work of the jobs on errors, on the thread that owns the network."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.errors.answers import (
    ClassView,
    FoundCauses,
    FoundEffect,
    Guessed,
    RankedUnits,
    Survey,
    SurveyRequest,
    Tried,
    Unmatched,
    ViewsOfPicture,
)
from nnvis.error_analysis.analysis import Analysis
from nnvis.error_analysis.causes import Cover, covered
from nnvis.error_analysis.class_logits import (
    GuessedClassesError,
    class_count,
    class_labels,
    speaking_for,
)
from nnvis.error_analysis.fed import as_input, read_fed
from nnvis.error_analysis.findings import Selection
from nnvis.error_analysis.labelled import UnmatchedLabelsError, read_labelled
from nnvis.error_analysis.nearest import nearest
from nnvis.error_analysis.picture_map import PictureMap, lay_out
from nnvis.error_analysis.rates import confusion_matrix
from nnvis.error_analysis.run import (
    ErrorRun,
    causes_of,
    effect_of,
    find_errors,
    layer_values,
    report_errors,
    units_of,
)
from nnvis.error_analysis.sentences import (
    ablation_text,
    calibration_text,
    cause_text,
    headline,
    unit_text,
)
from nnvis.error_analysis.spec import make_pass_spec
from nnvis.imaging.attribution_image import paint
from nnvis.imaging.attribution_options import Display
from nnvis.imaging.colour_options import Shading
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.registry import EVERY_VIEW
from nnvis.views.request import Ablation

KEPT = 8  # passes; older ones are removed
_TOPS = 9  # pictures of a unit
_LISTED = 200  # pictures of a list
_NEAREST = 6
_FRAME = np.array((240, 180, 41), np.uint8)  # around what is covered


def survey(
    model: VisionModel, request: SurveyRequest, home: Path
) -> Steps[Survey | Unmatched | Guessed]:
    """Pass the pictures of `request`; a pass of the same in `home` goes on."""
    yield Progress(0, 0, "listing pictures")
    try:
        count = class_count(model, sure=request.classes)
        pictures = read_labelled(
            request.folder, request.table, class_labels(model), count, request.renamed
        )
    except GuessedClassesError as error:
        return Guessed(request, error.in_window)
    except UnmatchedLabelsError as error:
        known = class_labels(model) or tuple(str(one) for one in range(count))
        return Unmatched(request, str(error), error.lost, error.nearest, known)
    spec = make_pass_spec(model, request.model_request, pictures, fit=request.fit)
    folder = home / spec.key
    _forget_old(home, folder)
    run = yield from find_errors(
        model, request.model_request, pictures, folder, fit=request.fit
    )  # fmt: skip
    left = len(pictures.left_out) + len(run.measured.skipped)
    return Survey(
        run, headline(run.analysis, run.class_names), calibration_text(run.analysis), left,
        _lists(run.analysis),
    )  # fmt: skip


def _lists(analysis: Analysis) -> dict[str, tuple[NDArray[np.int64], int]]:
    """Return what a person may want to go through, the first first, and how many there are."""
    suspects = [one.row for one in analysis.suspects]
    copies = [row for group in analysis.duplicates for row in group]
    return {
        "worst": (analysis.worst(_LISTED), int((~analysis.right).sum())),
        "unsure": (analysis.least_certain(_LISTED), len(analysis.truths)),
        "labels": (np.array(suspects[:_LISTED], np.int64), len(suspects)),
        "copies": (np.array(copies[:_LISTED], np.int64), len(copies)),
    }


def ranked(
    model: VisionModel, run: ErrorRun, chosen: NDArray[np.bool_], layer: str
) -> Steps[RankedUnits]:
    """Rank units, and find the pictures in which each is strongest."""
    units = yield from units_of(model, run, chosen, layer)
    tops = {}
    values, names = run.measured.highest, run.measured.units
    if layer:
        values, names = yield from layer_values(model, run, layer)
    place = {one: at for at, one in enumerate(names)}
    for one in units.ranked[:20]:
        column = np.asarray(values[:, place[one.layer, one.unit]])
        tops[one.layer, one.unit] = np.argsort(-column, kind="stable")[:_TOPS]
    return RankedUnits(units, unit_text(units), tops)


def causes(
    model: VisionModel, run: ErrorRun, chosen: NDArray[np.bool_], view: str, how: str
) -> Steps[FoundCauses]:
    """Cover regions, and show each covered on the first picture, framed."""
    found = yield from causes_of(model, run, chosen, view, Cover(how))
    first = np.flatnonzero(chosen)[:1]
    fed = yield from read_fed(model, run.pictures, run.measured.places[first].tolist(),
                              run.spec.fit)  # fmt: skip
    masks = np.stack([one.example for one in found.effects])
    grey = torch.tensor(model.preprocess.mean, dtype=torch.uint8)
    shown = covered(fed.expand(len(masks), *fed.shape[1:]), masks, Cover(how), grey).numpy()
    framed = np.where(np.stack([_edge(one) for one in masks])[..., None], _FRAME, shown)
    return FoundCauses(found, cause_text(found), tuple(framed.astype(np.uint8)))


def _edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a region, (H,W), beside which it ends, within the picture or there."""
    wide = np.pad(mask, 1)
    inner = wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    return mask & ~inner


def effect(
    model: VisionModel,
    run: ErrorRun,
    chosen: NDArray[np.bool_],
    changes: Sequence[Ablation],
    draws: int,
) -> Steps[FoundEffect]:
    """Change units over the whole folder."""
    found = yield from effect_of(model, run, chosen, changes, draws)
    analysis = run.analysis
    table = confusion_matrix(analysis.truths, found.said, analysis.classes)
    return FoundEffect(found, ablation_text(found, analysis), table)


def views_of(
    model: VisionModel, run: ErrorRun, rows: Sequence[int], view: str, layer: str
) -> Steps[tuple[ViewsOfPicture, ...]]:
    """Show pictures, the views of two classes for each, and the pictures nearest to it."""
    space = run.measured.embedding
    if layer:
        space, _ = yield from layer_values(model, run, layer)
    places = run.measured.places[list(rows)].tolist()
    fed = yield from read_fed(model, run.pictures, places, run.spec.fit)
    near = nearest(space, rows, _NEAREST)
    analysis, found = run.analysis, []
    for at, row in enumerate(rows):
        classes = int(analysis.said[row]), int(analysis.truths[row])
        values, logits = [], []
        for one in classes:
            speaking, unit = speaking_for(model, one)
            x = as_input(model, fed[at : at + 1])
            values.append(
                EVERY_VIEW[view](speaking, x, layer="", unit=unit, cells="sum")[0].detach()
            )
            with torch.inference_mode():
                logits.append(float(speaking(x)[0, unit]))
        chances = [float(analysis.probabilities[row, one]) for one in classes]
        said, expected, apart = _painted(values, fed[at], EVERY_VIEW[view].signed, logits, chances)
        found.append(ViewsOfPicture(int(row), fed[at].numpy(), said, expected, apart, near[at]))
        yield Progress(at + 1, len(rows), f"{view} of both classes")
    return tuple(found)


def _painted(
    values: Sequence[Tensor], fed: Tensor, signed: bool, logits: list[float], chances: list[float]
) -> tuple[ClassView, ClassView, ClassView]:
    """Paint (C,H,W) of two classes on one scale, and their difference on its own."""
    shown, height = fed.to(values[0].device), len(fed)
    both = paint(
        torch.cat([*values], 1), signed, torch.cat([shown, shown]), Display(), Shading()
    )  # fmt: skip
    apart = paint(values[0] - values[1], True, shown, Display(), Shading())
    first, second = (
        ClassView(picture.cpu().numpy(), logit, chance, float(one.sum()), float(both.reach))
        for picture, logit, chance, one in zip(
            both.picture.split(height), logits, chances, values, strict=True
        )
    )
    third = ClassView(
        apart.picture.cpu().numpy(), logits[0] - logits[1], chances[0] - chances[1],
        first.total - second.total, float(apart.reach),
    )  # fmt: skip
    return first, second, third


def picture_map(model: VisionModel, run: ErrorRun, how: str) -> Steps[PictureMap]:
    """Lay the pictures out."""
    del model
    return (yield from lay_out(run.measured.embedding, how))


def report(model: VisionModel, run: ErrorRun, tried: Sequence[Tried], folder: Path) -> Steps[Path]:
    """Write the report into `folder`."""
    del model
    selections = [
        Selection(one.title, one.rows, one.units, one.causes, one.effects) for one in tried
    ]
    return (yield from report_errors(run, selections, folder))


def _forget_old(home: Path, own: Path) -> None:
    """Remove passes that were not gone on with for the longest time."""
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        others = [one for one in home.iterdir() if one.is_dir() and one != own]
        others.sort(key=lambda one: one.stat().st_mtime, reverse=True)
        for old in others[KEPT - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
