"""Finding concepts as a job, in frames that were shown or in the pictures of an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.job import Job
from nnvis.errors import UserError
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Fit
from nnvis.progress import Progress, Steps
from nnvis.views.features.concept_basis import ConceptBasis, ConceptParameters

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

MOST_PICTURES = 64
TOPS = 3  # pictures of each concept


@dataclass(frozen=True, slots=True, eq=False)
class ConceptsFound:
    """Concepts with the pictures in which each was strongest."""

    basis: ConceptBasis
    tops: tuple[tuple[NDArray[np.uint8], ...], ...]  # (h,w,3) each, lit where the concept is


@dataclass(frozen=True, slots=True, eq=False)
class FindConcepts:
    """What is asked of a network in another process."""

    pictures: NDArray[np.uint8]  # (n,h,w,3) as they were fed
    layer: str
    options: ConceptParameters
    number: int = 0  # of the job, which the answers bear


def concepts_of_frames(
    pictures: Sequence[NDArray[np.uint8]], layer: str, options: ConceptParameters
) -> Job:
    """Find the concepts of `layer` in (h,w,3) pictures as they were fed -> ConceptsFound."""
    away = FindConcepts(np.stack(pictures), layer, options)
    return Job("concepts", partial(_of_frames, tuple(pictures), layer, options), away=away)


def concepts_of_index(
    folder: Path, info: ModelInfo, fit: Fit, layer: str, options: ConceptParameters
) -> Job:
    """Find them in the top pictures that an index holds -> ConceptsFound."""
    return Job("concepts", partial(_of_index, folder, info, fit, layer, options))


def _of_frames(
    pictures: tuple[NDArray[np.uint8], ...],
    layer: str,
    options: ConceptParameters,
    model: VisionModel,
) -> Steps[ConceptsFound]:
    said = f"in {len(pictures)} frames"
    return (yield from _found(model, pictures, layer, options, said))


def _of_index(
    folder: Path,
    info: ModelInfo,
    fit: Fit,
    layer: str,
    options: ConceptParameters,
    model: VisionModel,
) -> Steps[ConceptsFound]:
    from nnvis.top_images import Index

    index = Index(folder)
    indexed = index.layer(layer)
    if indexed is None or not index.fits(info.weights_hash):
        raise UserError(
            f"the index {folder.name} does not hold {layer} of this network; open another"
        )
    known = info.layer(layer)
    assert known is not None
    pictures: dict[str, NDArray[np.uint8]] = {}
    spread = np.linspace(0, known.units - 1, min(known.units, 2 * MOST_PICTURES)).astype(int)
    for unit in spread.tolist():
        yield Progress(len(pictures), MOST_PICTURES, "reading pictures")
        for top in index.top(layer, unit)[:1]:
            if top.sha256 not in pictures:
                try:
                    pictures[top.sha256] = info.preprocess.feed(top.picture(), fit)
                except UserError:
                    continue  # it was moved away since
        if len(pictures) >= MOST_PICTURES:
            break
    said = f"in {len(pictures)} pictures of {folder.name}"
    return (yield from _found(model, tuple(pictures.values()), layer, options, said))


def _found(
    model: VisionModel,
    pictures: tuple[NDArray[np.uint8], ...],
    layer: str,
    options: ConceptParameters,
    said: str,
) -> Steps[ConceptsFound]:
    from nnvis.views.features.concept_tops import concept_tops
    from nnvis.views.features.concepts import find_concepts

    basis = yield from find_concepts(model, pictures, layer, options, said)
    tops = yield from concept_tops(model, pictures, basis, TOPS)
    return ConceptsFound(basis, tops)
