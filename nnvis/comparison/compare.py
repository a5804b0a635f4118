"""One pass of each network over the same pictures, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnvis.comparison.cka import cka_matrix
from nnvis.comparison.matching import UnitPair, match_units, unrelated_level
from nnvis.error_analysis.labelled import LabelledPictures
from nnvis.error_analysis.measure import Measured, measure
from nnvis.error_analysis.rates import Rate, rate
from nnvis.error_analysis.run import probabilities_of
from nnvis.error_analysis.spec import make_pass_spec
from nnvis.errors import UserError
from nnvis.models.info import ModelRequest
from nnvis.models.preprocess import Fit
from nnvis.models.vision import VisionModel
from nnvis.progress import Steps

MOST_PICTURES = 4096  # that layers are compared on: a table of all pairs is held
MOST_UNITS = 4096  # of a layer whose units are paired


@dataclass(frozen=True, slots=True, eq=False)
class LayerMatch:
    """A layer of the first network and its counterpart."""

    first: str
    second: str
    by_name: bool  # else the most alike
    cka: float
    pairs: tuple[UnitPair, ...]  # empty where the layers have too many units
    unrelated: float  # see `unrelated_level`; NaN without pairs


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Rows are pictures that both networks were fed."""

    names: tuple[str, ...]
    truths: NDArray[np.int64] | None  # (N,); None without labels
    said: tuple[NDArray[np.int64], NDArray[np.int64]]  # (N,) classes
    accuracy: tuple[Rate, Rate] | None
    p: float  # of as unequal errors by chance (McNemar 1947, exact); NaN without labels
    disagree: NDArray[np.int64]  # rows, those of the largest probabilities first
    layers: tuple[tuple[str, ...], tuple[str, ...]]
    cka: NDArray[np.float64]  # layers of the first x layers of the second
    matches: tuple[LayerMatch, ...]


def compare_networks(
    models: tuple[VisionModel, VisionModel],
    asked: tuple[ModelRequest, ModelRequest],
    pictures: LabelledPictures,
    folder: Path,
    layers: Sequence[str] = (),
    fit: Fit = Fit.CROP,
    workers: int | None = None,
) -> Steps[Comparison]:
    """Pass the pictures through both networks; each pass is kept in `folder` and resumed.

    Args:
        models: the two networks.
        asked: what they were loaded from.
        pictures: with classes, or with -1 for each.
        folder: of the report.
        layers: of both networks, or of the first where the second lacks them; none: every block.
        fit: how pictures meet the networks.
        workers: processes that decode.

    Raises:
        UserError: a network gives no classes, or they have different ones.
    """
    passes = []
    for name, model, request in zip("ab", models, asked, strict=True):
        own = [one for one in layers if any(one == info.name for info in model.layers)]
        spec = make_pass_spec(model, request, pictures, own, fit)
        passes.append((yield from measure(model, spec, pictures, folder / f"pass-{name}", workers)))
    return compare_passes(models, (passes[0], passes[1]), pictures)


def compare_passes(
    models: tuple[VisionModel, VisionModel],
    passes: tuple[Measured, Measured],
    pictures: LabelledPictures,
) -> Comparison:
    """Compare two passes over the same pictures; only those count that both could read."""
    a, b = passes
    if a.logits.shape[1] != b.logits.shape[1]:
        raise UserError(
            f"{models[0].name} has {a.logits.shape[1]} classes and {models[1].name} "
            f"{b.logits.shape[1]}; give networks of the same classes"
        )
    places, rows, others = np.intersect1d(a.places, b.places, return_indices=True)
    said = (a.logits[rows].argmax(1), b.logits[others].argmax(1))
    truths = pictures.truths[places]
    labelled = bool(len(truths)) and bool((truths >= 0).all())
    accuracy, p = None, float("nan")
    if labelled:
        right = [one == truths for one in said]
        accuracy = tuple(rate(int(one.sum()), len(one)) for one in right)
        p = _mcnemar(int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum()))
    sure = [probabilities_of(one).max(1) for one in (a.logits[rows], b.logits[others])]
    disagree = np.flatnonzero(said[0] != said[1])
    disagree = disagree[np.argsort(-(sure[0] + sure[1])[disagree], kind="stable")]
    some = slice(0, MOST_PICTURES)
    first = _by_layer(a, rows[some])
    second = _by_layer(b, others[some])
    table = cka_matrix(list(first.values()), list(second.values()))
    return Comparison(
        names=tuple(pictures.names[place] for place in places),
        truths=truths if labelled else None,
        said=said,
        accuracy=accuracy,  # type: ignore[arg-type]  # two of them
        p=p,
        disagree=disagree,
        layers=(tuple(first), tuple(second)),
        cka=table,
        matches=tuple(_matches(first, second, table)),
    )


def _by_layer(measured: Measured, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    names = np.array([layer for layer, _ in measured.units])
    values = measured.mean[rows]
    return {name: values[:, names == name] for name in dict.fromkeys(names.tolist())}


def _matches(
    first: dict[str, NDArray[np.float32]],
    second: dict[str, NDArray[np.float32]],
    table: NDArray[np.float64],
) -> list[LayerMatch]:
    found = []
    names = list(second)
    for row, (name, values) in enumerate(first.items()):
        by_name = name in second
        if not by_name and not np.isfinite(table[row]).any():
            continue
        column = names.index(name) if by_name else int(np.nanargmax(table[row]))
        other = second[names[column]]
        few = max(values.shape[1], other.shape[1]) <= MOST_UNITS
        found.append(
            LayerMatch(name, names[column], by_name, float(table[row, column]),
                       match_units(values, other) if few else (),
                       unrelated_level(values, other, in_order=False) if few else float("nan"))
        )  # fmt: skip
    return found


def _mcnemar(more: int, less: int) -> float:
    from scipy import stats

    return 1.0 if more + less == 0 else float(stats.binomtest(more, more + less).pvalue)
