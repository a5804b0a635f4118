"""The whole way from labelled pictures to a report; the pass is kept and need not be redone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.error_analysis.ablation import AblationEffect, ablation_effect
from nnvis.error_analysis.analysis import Analysis, analyse, class_names, thumbnail
from nnvis.error_analysis.causes import FEWEST, Cover, RegionEffect, region_effects
from nnvis.error_analysis.fed import read_fed
from nnvis.error_analysis.labelled import LabelledPictures
from nnvis.error_analysis.measure import Measured, measure
from nnvis.error_analysis.report import ErrorReport, Selection, write_error_report
from nnvis.error_analysis.separation import rank_units
from nnvis.error_analysis.spec import PassSpec, make_pass_spec
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.request import Ablation

PASS = "pass"  # the folder, in that of the report
MOST_CAUSES = 64  # pictures that are covered; more are drawn from


@dataclass(frozen=True, slots=True)
class Question:
    """Which pictures are looked into, and what is tried on them."""

    truth: int
    said: int | None = None  # None: anything that is wrong
    switched_off: tuple[Ablation, ...] = ()
    view: str = "gradcam"
    cover: Cover = Cover.GREY
    draws: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ErrorRun:
    """A pass that was analysed: what questions are asked of."""

    model: VisionModel
    pictures: LabelledPictures
    spec: PassSpec
    measured: Measured
    analysis: Analysis
    class_names: tuple[str, ...]


def find_errors(
    model: VisionModel,
    asked: ModelRequest,
    pictures: LabelledPictures,
    folder: Path,
    layers: Sequence[str] = (),
    fit: Fit = Fit.CROP,
    workers: int | None = None,
) -> Steps[ErrorRun]:
    """Pass all pictures once and say how the network fares on them.

    Raises:
        UserError: see `measure` and `analyse`.
    """
    spec = make_pass_spec(model, asked, pictures, layers, fit)
    measured = yield from measure(model, spec, pictures, folder / PASS, workers)
    analysis = analyse(pictures, measured, probabilities_of(measured.logits))
    names = class_names(model.labels, dict(pictures.given), measured.logits.shape[1])
    return ErrorRun(model, pictures, spec, measured, analysis, names)


def probabilities_of(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N,K) of `class_logits` -> probabilities; rows sum to 1."""
    raised = np.exp(logits - logits.max(1, keepdims=True), dtype=np.float64)
    return np.asarray(raised / raised.sum(1, keepdims=True))


def look_into(run: ErrorRun, question: Question) -> Steps[Selection]:
    """Say what sets some pictures apart: the units they drive, and what the answer hangs on.

    Raises:
        UserError: there are no such pictures.
    """
    analysis = run.analysis
    chosen = analysis.select(question.truth, question.said)
    rows = np.flatnonzero(chosen)
    truth = run.class_names[question.truth]
    called = "got wrong" if question.said is None else (
        f"called {run.class_names[question.said]}"
    )  # fmt: skip
    units = rank_units(run.measured.highest, chosen, run.measured.units, question.seed)
    causes: tuple[RegionEffect, ...] = ()
    if len(rows) >= FEWEST:
        some = rows
        if len(rows) > MOST_CAUSES:
            die = np.random.default_rng(question.seed)
            some = np.sort(die.choice(rows, MOST_CAUSES, replace=False))
        fed = yield from _fed(run, some)
        causes = tuple(
            (yield from region_effects(
                run.model, fed, question.view, question.cover, seed=question.seed))
        )  # fmt: skip
    effect: AblationEffect | None = None
    if question.switched_off:
        fed = yield from _fed(run, np.arange(len(chosen)))
        effect = yield from ablation_effect(
            run.model, fed, analysis.truths, chosen, question.switched_off,
            question.draws, question.seed,
        )  # fmt: skip
    return Selection(f"{truth} {called}", rows, units, len(run.measured.units), causes, effect)


def report_errors(run: ErrorRun, selections: Sequence[Selection], folder: Path) -> Steps[Path]:
    """Write the report; return its page.

    Raises:
        UserError: it cannot be written.
    """
    analysis = run.analysis
    shown = {*analysis.worst(12), *analysis.least_certain(12)}
    shown |= {one.row for one in analysis.suspects[:12]}
    shown |= {rows[0] for rows in analysis.duplicates[:12]}
    shown |= {row for one in selections for row in one.rows[:12]}
    thumbnails: dict[int, NDArray[np.uint8]] = {}
    for row in sorted(map(int, shown)):
        thumbnails[row] = thumbnail(run.pictures.references[int(run.measured.places[row])])
        yield Progress(len(thumbnails), len(shown), "writing the report")
    skipped = [(run.pictures.names[place], why) for place, why in run.measured.skipped]
    return write_error_report(
        ErrorReport(analysis, run.class_names, _about(run), [*run.pictures.left_out, *skipped],
                    selections, thumbnails),
        folder,
    )  # fmt: skip


def _fed(run: ErrorRun, rows: NDArray[np.int64]) -> Any:
    places = run.measured.places[rows].tolist()
    return (yield from read_fed(run.model, run.pictures, places, run.spec.fit))


def _about(run: ErrorRun) -> dict[str, Any]:
    return {
        "model": run.model.name,
        "spec": run.spec.model,
        "weights_hash": run.spec.weights_hash,
        "preprocessing": run.spec.preprocessing,
        "fit": run.spec.fit,
        "layers": list(run.spec.layers),
        "scores": run.model.meaning.describe(),
        "notes": list(run.model.notes),
    }
