"""The whole way from labelled pictures to a report; the pass is kept and need not be redone."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.error_analysis.ablation import AblationEffect, ablation_effect
from nnvis.error_analysis.analysis import Analysis, analyse, class_names, thumbnail
from nnvis.error_analysis.causes import FEWEST, Cover, region_effects
from nnvis.error_analysis.class_logits import class_labels
from nnvis.error_analysis.cover_folder import FolderCover, cover_folder
from nnvis.error_analysis.fed import read_fed, stream_fed
from nnvis.error_analysis.findings import Causes, ErrorReport, Selection, Units
from nnvis.error_analysis.labelled import LabelledPictures
from nnvis.error_analysis.measure import Engine, Measured, measure
from nnvis.error_analysis.rates import Probabilities, row_blocks
from nnvis.error_analysis.report import write_error_report
from nnvis.error_analysis.separation import (
    UnitSeparation,
    alike_but_right,
    choosing_half,
    rank_units,
)
from nnvis.error_analysis.spec import PassSpec, make_pass_spec
from nnvis.error_analysis.unit_effects import MOST_PICTURES, by_effect
from nnvis.errors import UserError
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.progress import Progress, Steps
from nnvis.views.request import Ablation

PASS = "pass"  # the folder, in that of the report
_HELD = 16 << 20  # bytes of logits; of more, the probabilities are not held in memory
MOST_CAUSES = 64  # pictures that are covered; more are drawn from
MOST_COVERED = 2000  # pictures of the folder over which the first region is covered


@dataclass(frozen=True, slots=True)
class Question:
    """Which pictures are looked into, and what is tried on them."""

    truth: int
    said: int | None = None  # None: anything that is wrong
    changes: tuple[Ablation, ...] = ()
    view: str = "gradcam"
    cover: Cover = Cover.GREY
    draws: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ErrorRun:
    """A pass that was analysed: what questions are asked of, with the network that made it."""

    pictures: LabelledPictures
    asked: ModelRequest
    spec: PassSpec
    folder: Path  # of the report; the passes lie in it
    measured: Measured
    analysis: Analysis
    class_names: tuple[str, ...]
    about: dict[str, Any]  # what the report says of how it was run


def find_errors(
    model: VisionModel,
    asked: ModelRequest,
    pictures: LabelledPictures,
    folder: Path,
    layers: Sequence[str] = (),
    fit: Fit = Fit.CROP,
    workers: int | None = None,
    engine: Engine | None = None,
) -> Steps[ErrorRun]:
    """Pass all pictures once and say how the network fares on them.

    Raises:
        UserError: see `measure` and `analyse`.
    """
    spec = make_pass_spec(model, asked, pictures, layers, fit)
    measured = yield from measure(model, spec, pictures, folder / PASS, workers, engine)
    analysis = analyse(pictures, measured, probabilities_of(measured.logits, folder / PASS))
    names = class_names(class_labels(model), dict(pictures.given), measured.logits.shape[1])
    about = {
        "model": model.name,
        "spec": spec.model,
        "weights_hash": spec.weights_hash,
        "preprocessing": spec.preprocessing,
        "fit": spec.fit,
        "layers": list(spec.layers),
        "scores": model.meaning.describe(),
        "notes": list(model.notes),
    }
    return ErrorRun(pictures, asked, spec, folder, measured, analysis, names, about)


def probabilities_of(logits: NDArray[np.float32], folder: Path | None = None) -> Probabilities:
    """(N,K) of `class_logits` -> probabilities; rows sum to 1.

    Large ones lie in a file without a name in `folder`, which goes with them.
    """
    found: Probabilities
    if folder is not None and logits.nbytes > _HELD:
        with tempfile.TemporaryFile(dir=folder) as file:
            found = np.memmap(file, np.float32, "w+", shape=logits.shape)
    else:
        found = np.empty(logits.shape, np.float32)
    for rows in row_blocks(len(logits)):
        raised = np.exp(logits[rows] - logits[rows].max(1, keepdims=True), dtype=np.float64)
        found[rows] = raised / raised.sum(1, keepdims=True)
    return found


def look_into(model: VisionModel, run: ErrorRun, question: Question) -> Steps[Selection]:
    """Say what sets some errors apart: the units they drive, and what the answer hangs on.

    Raises:
        UserError: there are no such pictures.
    """
    chosen = run.analysis.select(question.truth, question.said)
    truth = run.class_names[question.truth]
    called = "got wrong" if question.said is None else (
        f"called {run.class_names[question.said]}"
    )  # fmt: skip
    found = Selection(f"{truth} {called}", np.flatnonzero(chosen))
    found = replace(found, units=(yield from units_of(model, run, chosen, seed=question.seed)))
    if len(found.rows) >= FEWEST:
        causes = yield from causes_of(
            model, run, chosen, question.view, question.cover, question.seed
        )
        found = replace(found, causes=causes)
    if question.changes:
        effect = yield from effect_of(
            model, run, chosen, question.changes, question.draws, question.seed
        )
        found = replace(found, effects=(effect,))
    return found


def units_of(
    model: VisionModel, run: ErrorRun, chosen: NDArray[np.bool_], layer: str = "", seed: int = 0
) -> Steps[Units]:
    """Rank the units that tell the pictures from those of the same classes that are right.

    Of units that tell them equally those come first that do most for the class that was said.
    Where there are too few of these, all other pictures are compared with.

    Args:
        model: that of `run`.
        run: from `find_errors`.
        chosen: (N,) rows.
        layer: of the network, any; "": all that were measured in the pass.
        seed: of the halves.
    """
    activations, units = run.measured.highest, run.measured.units
    if layer:
        activations, units = yield from layer_values(model, run, layer)
    against = alike_but_right(chosen, run.analysis.right, run.analysis.truths)
    few = not against.any()
    others = ~chosen if few else against
    ranked = rank_units(activations, chosen, units, seed, against=others)
    if ranked and model.weights_hash == run.spec.weights_hash:  # else it is not at hand
        ranked = yield from _by_effect(model, run, ranked, chosen, others, seed)
    return Units(tuple(ranked), len(units), int(others.sum()), same_class=not few)


def _by_effect(
    model: VisionModel,
    run: ErrorRun,
    ranked: Sequence[UnitSeparation],
    chosen: NDArray[np.bool_],
    others: NDArray[np.bool_],
    seed: int,
) -> Steps[list[UnitSeparation]]:
    die = np.random.default_rng(seed)
    own = np.flatnonzero(chosen & choosing_half(chosen, others, seed))
    rows = _some(own, MOST_PICTURES, die)
    fed = yield from _fed(model, run, rows)
    said, truths = run.analysis.said[rows].tolist(), run.analysis.truths[rows].tolist()
    return (yield from by_effect(model, ranked, fed, said, truths))


def layer_values(
    model: VisionModel, run: ErrorRun, layer: str
) -> Steps[tuple[NDArray[np.float32], tuple[tuple[str, int], ...]]]:
    """Return (N,U), the highest cell of each unit of a layer, and its units; a pass where needed.

    Raises:
        UserError: there is no such layer.
    """
    measured, spec = run.measured, run.spec
    if layer not in spec.layers:
        _same_network(model, run)
        spec = make_pass_spec(model, run.asked, run.pictures, (layer,), run.spec.fit)
        name = hashlib.sha256(layer.encode()).hexdigest()[:12]
        measured = yield from measure(model, spec, run.pictures, run.folder / f"{PASS}-{name}")
    columns = [at for at, (name, _) in enumerate(measured.units) if name == layer]
    return measured.highest[:, columns], tuple(measured.units[at] for at in columns)


def causes_of(
    model: VisionModel,
    run: ErrorRun,
    chosen: NDArray[np.bool_],
    view: str = "gradcam",
    cover: Cover = Cover.GREY,
    seed: int = 0,
) -> Steps[Causes]:
    """Cover regions of the pictures; then the first that stands out in those of the whole folder.

    Raises:
        UserError: they are too few, or the view cannot be had.
    """
    _same_network(model, run)
    die = np.random.default_rng(seed)
    rows = np.flatnonzero(chosen)
    fed = yield from _fed(model, run, _some(rows, MOST_CAUSES, die))
    effects = yield from region_effects(model, fed, view, cover, seed=seed)
    folder: FolderCover | None = None
    clear = [one for one in effects if one.corrected < 0.05 and one.fixed]
    if clear:
        some = _some(np.arange(len(chosen)), MOST_COVERED, die)
        places = run.measured.places[some].tolist()
        folder = yield from cover_folder(
            model, stream_fed(model, run.pictures, places, run.spec.fit),
            run.analysis.truths[some], clear[0].region, clear[0].example, cover, seed=seed,
        )  # fmt: skip
    return Causes(tuple(effects), cover, folder)


def effect_of(
    model: VisionModel,
    run: ErrorRun,
    chosen: NDArray[np.bool_],
    changes: Sequence[Ablation],
    draws: int = 20,
    seed: int = 0,
) -> Steps[AblationEffect]:
    """Change units over the whole folder; see `ablation_effect`.

    Raises:
        UserError: the network has no such unit.
    """
    _same_network(model, run)
    blocks = stream_fed(model, run.pictures, run.measured.places.tolist(), run.spec.fit)
    return (
        yield from ablation_effect(
            model, blocks, run.analysis.truths, chosen, changes, draws, seed
        )
    )  # fmt: skip


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
        ErrorReport(analysis, run.class_names, run.about, [*run.pictures.left_out, *skipped],
                    selections, thumbnails),
        folder,
    )  # fmt: skip


def _some(
    rows: NDArray[np.int64], most: int, die: np.random.Generator
) -> NDArray[np.int64]:  # fmt: skip
    return rows if len(rows) <= most else np.sort(die.choice(rows, most, replace=False))


def _fed(model: VisionModel, run: ErrorRun, rows: NDArray[np.int64]) -> Any:
    places = run.measured.places[rows].tolist()
    return (yield from read_fed(model, run.pictures, places, run.spec.fit))


def _same_network(model: VisionModel, run: ErrorRun) -> None:
    if model.weights_hash != run.spec.weights_hash:
        raise UserError(
            f"these errors are of {run.spec.model} with other weights; run the folder anew"
        )
