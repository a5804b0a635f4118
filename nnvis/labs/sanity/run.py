"""The sanity check of views as a report: numbers, curves and pictures."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from nnvis import __version__
from nnvis.errors import UserError
from nnvis.export import write_png
from nnvis.files.csv_text import csv_text
from nnvis.files.whole import write_text
from nnvis.imaging.attribution_image import paint
from nnvis.imaging.attribution_options import Display, DisplayKind
from nnvis.imaging.colour_options import Shading
from nnvis.imaging.lettering import font_for
from nnvis.labs.framework.report import UNKNOWN, versions
from nnvis.labs.sanity.page import write_sanity_page
from nnvis.labs.training.known_classes import require_known_photographs
from nnvis.models.info import ModelRequest
from nnvis.models.registry import load_steps
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps, drain, relayed
from nnvis.sources.frame import Frame
from nnvis.views.registry import SLOW_VIEWS, VIEWS
from nnvis.views.request import LOGITS
from nnvis.views.sanity import Cascade, ViewFunction, cascade

HALF = 0.5  # of the layers, from the top: whatever was learned about a class is gone by then
FAILS = 0.5  # a view that then has a higher rank correlation still fails
COLUMNS = 6  # pictures of each view, from all learned to all random
SIDE, NAME, LINE, GAP = 160, 150, 24, 6  # pixels
SAMPLE = "sample:"
PAGE, INK = (24, 26, 31), (235, 236, 240)


def sanity(
    model_request: ModelRequest,
    frames: Sequence[Frame],
    out: Path,
    seed: int = 0,
    quick: bool = False,
) -> Steps[dict[str, Any]]:
    """Randomise the network from the top down and see which views notice.

    The cascading test of Adebayo et al. 2018, for the output that is strongest in each of
    `frames`. Live views are compared at every layer (`quick`: ten times); slow ones, in the
    middle and at the end.
    Writes report.html, report.json, curves.csv and pictures into `out`.

    Raises:
        UserError: the network has no classes, or a file cannot be written.
    """
    model = yield from load_steps(model_request)
    samples = {one.source: one.picture for one in frames if one.source.startswith(SAMPLE)}
    known = require_known_photographs(
        model, {name.removeprefix(SAMPLE): picture for name, picture in samples.items()}
    )
    found: dict[str, list[dict[str, float]]] = {}
    followed: list[str] = []
    curves: list[tuple[str, str, Cascade]] = []
    rows: dict[str, list[NDArray[np.uint8]]] = {}
    for number, frame in enumerate(frames):
        fed, x = model.prepare(frame.picture)
        unit = _strongest(model, x)
        followed.append(model.label(unit))
        for slow in (False, True):
            views = _views(model, x, unit, slow)
            keep = _Keep(rows, torch.from_numpy(fed).to(x.device), slow) if not number else None
            count = sum(
                1 for one in model.modules() if next(one.parameters(False), None) is not None
            )
            # Of an odd number the larger half: what is compared first is the half of the report.
            every = (count + 1) // 2 if slow else (max(1, count // 10) if quick else 1)
            done = yield from _noted(
                cascade(model, x, views, seed, every, keep or (lambda *_: None)), frame.label
            )
            curves.append((frame.label, "slow" if slow else "live", done))
            for name in views:
                found.setdefault(name, []).append(_numbers(done, name))
    report = _report(model, frames, seed, found)
    report |= {"followed": followed, "accuracy": known or UNKNOWN}
    write_text(out / "report.json", json.dumps(report, indent=2) + "\n")
    write_text(out / "curves.csv", _table(curves))
    sheet = _page(rows)
    write_png(out / "sanity.png", sheet, {"version": __version__, "lab": "sanity"})
    write_sanity_page(report, curves, sheet, versions(model), quick, out)
    return report


def _views(model: VisionModel, x: Tensor, unit: int, slow: bool) -> dict[str, ViewFunction]:
    """Return the views that there are for this network, of one class."""
    views: dict[str, ViewFunction] = {}
    for name, view in (SLOW_VIEWS if slow else VIEWS).items():
        if name == "activation":
            continue
        ask = partial(_ask, view, slow, unit)
        try:
            if not slow:
                ask(model, x)
        except UserError:  # rollout without attention
            continue
        views[name] = ask
    return views


def _ask(view: Callable[..., Any], slow: bool, unit: int, model: VisionModel, x: Tensor) -> Tensor:
    found: Any = view(model, x, layer=LOGITS, unit=unit, cells="sum")
    if not slow:
        return cast(Tensor, found).detach()
    try:
        return cast(Tensor, drain(found)).detach()
    except UserError:  # it has no answer to this picture, as where a score of 0 cannot fall
        return torch.full_like(x[:, :1], math.nan)


def _noted(steps: Steps[Cascade], label: str) -> Steps[Cascade]:
    return (
        yield from relayed(
            steps, lambda step: Progress(step.done, step.total, f"{label}: {step.note}")
        )
    )


class _Keep:
    """Paints some of the pictures as they come; the first and the last ones are among them."""

    def __init__(self, rows: dict[str, list[NDArray[np.uint8]]], fed: Tensor, slow: bool) -> None:
        self._rows, self._fed, self._slow = rows, fed, slow

    def __call__(self, done: int, of: int, view: str, picture: Tensor) -> None:
        row = self._rows.setdefault(view, [])
        due = done * (COLUMNS - 1) >= len(row) * of
        if (done in (0, of)) if self._slow else due:
            signed = bool((picture < 0).any())
            painted = paint(picture[0], signed, self._fed, Display(DisplayKind.NORM), Shading())
            row.append(painted.picture.cpu().numpy())


def _strongest(model: VisionModel, x: Tensor) -> int:
    with torch.no_grad():
        logits = model(x)
    if logits.ndim != 2 or model.detects:
        raise UserError(f"{model.name} puts out no list; the sanity check follows one output back")
    return int(logits[0].argmax())


def _numbers(done: Cascade, view: str) -> dict[str, float]:
    half = next(place for place, share in enumerate(done.random) if share >= HALF)
    return {
        "half_signed": done.signed[view][half],
        "half_absolute": done.absolute[view][half],
        "end_signed": done.signed[view][-1],
        "end_absolute": done.absolute[view][-1],
    }


def _report(
    model: VisionModel,
    frames: Sequence[Frame],
    seed: int,
    found: dict[str, list[dict[str, float]]],
) -> dict[str, Any]:
    def middle(values: list[float]) -> float | None:
        finite = [value for value in values if math.isfinite(value)]
        return statistics.fmean(finite) if finite else None

    views: dict[str, dict[str, Any]] = {}
    for name, rows in found.items():
        means: dict[str, Any] = {key: middle([row[key] for row in rows]) for key in rows[0]}
        half = [
            abs(means[key]) for key in ("half_signed", "half_absolute") if means[key] is not None
        ]
        verdict = "unknown" if not half else ("fails" if max(half) > FAILS else "passes")
        views[name] = {**means, "verdict": verdict}
    return {
        "version": __version__,
        "lab": "sanity",
        "model": model.name,
        "weights_hash": model.weights_hash,
        "random": model.random,
        "scores": model.meaning.describe(),
        "seed": seed,
        "pictures": [frame.label for frame in frames],
        "threshold": FAILS,
        "about": "Spearman's rank correlation of each view with its own picture of the trained "
        "network, once the upper half of the layers, and once all of them, are random (Adebayo et "
        "al. 2018, cascading from the top), of the values and of their magnitudes; a view that "
        "has more than the threshold left at the half fails",
        "views": views,
    }


def _table(curves: Sequence[tuple[str, str, Cascade]]) -> str:
    table: list[Sequence[object]] = []
    table.append(("picture", "view", "random", "layer", "signed", "absolute"))
    for label, _kind, one in curves:
        for view in one.signed:
            for place, layer in enumerate(one.layers):
                signed, absolute = one.signed[view][place], one.absolute[view][place]
                table.append(
                    (
                        label,
                        view,
                        f"{one.random[place]:.3f}",
                        layer,
                        f"{signed:.4f}",
                        f"{absolute:.4f}",
                    )
                )
    return csv_text(table)


def _page(rows: dict[str, list[NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    """Return (h,w,3): a row for each view, from the trained network to the random one."""
    width = NAME + COLUMNS * (SIDE + GAP)
    page = Image.new("RGB", (width, LINE + len(rows) * (SIDE + GAP)), PAGE)
    draw, font = ImageDraw.Draw(page), font_for("all random", 14)
    draw.text((NAME, 4), "trained", INK, font)
    draw.text((width - GAP, 4), "all random", INK, font, anchor="ra")
    for place, (view, pictures) in enumerate(rows.items()):
        top = LINE + place * (SIDE + GAP)
        draw.text((8, top + SIDE / 2), view, INK, font, anchor="lm")
        last = len(pictures) - 1
        for column, picture in enumerate(pictures):
            where = column if last > 1 else column * (COLUMNS - 1)
            one = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.NEAREST)
            page.paste(one, (NAME + where * (SIDE + GAP), top))
    return np.asarray(page)
