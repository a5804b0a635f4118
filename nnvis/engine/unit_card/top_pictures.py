"""The strongest pictures of a unit, from an index that was opened, as the card shows them.

Importing this is cheap: pyarrow comes with the first question, on a thread beside, and torch with
the first job, on the runner's thread.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Attribution
from nnvis.errors import UserError
from nnvis.models.info import ModelInfo
from nnvis.models.preprocess import Fit
from nnvis.progress import Progress, Steps
from nnvis.views.request import AttributionRequest

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel
    from nnvis.top_images.index_reader import Index, TopPicture

SHARE = 0.08  # of the thread's time, for means that nobody waits for
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class RankedPicture:
    """One picture in which a unit was strong."""

    value: float  # of the cell
    cell: tuple[int, int]  # row, column
    patch: tuple[int, int, int, int]  # of the fed picture: top left bottom right
    name: str  # where the picture lies
    thumbnail: Picture | None  # the patch, kept in the index; None: the index has none
    fed: Picture | None = None  # (h,w,3), as the network is fed; None: not read, or gone
    problem: str = ""  # why it is gone


@dataclass(frozen=True, slots=True, eq=False)
class RankedPictures:
    """What an index says of a unit; without pictures `problem` says why."""

    layer: str
    unit: int
    pictures: tuple[RankedPicture, ...] = ()  # the strongest first
    seen: int = 0  # pictures that the index was made of
    highest: float = float("nan")  # of any cell in any of them
    fit: Fit = Fit.CROP
    means: tuple[float, ...] = ()  # of the unit's map for each picture that is there, once measured
    problem: str = ""

    @property
    def most(self) -> float | None:
        """The largest mean of the unit's map among the pictures; None while it is not measured.

        What a climb raises is this mean, so it is not held against `highest`, which is of a cell.
        """
        return max(self.means, default=None)


def look_up(path: Path, info: ModelInfo, layer: str, unit: int) -> RankedPictures:
    """Read what the index at `path` says of a unit; the pictures themselves are not read.

    Raises:
        UserError: it is no index, is damaged, has no such layer, or is of another network.
    """
    index = fitting_index(path, info, layer)
    return RankedPictures(
        layer=layer,
        unit=unit,
        pictures=tuple(map(_top, index.top(layer, unit))),
        seen=index.pictures,
        highest=index.unit(layer, unit).highest,
        fit=index.spec.fit,
    )


def fitting_index(path: Path, info: ModelInfo, layer: str) -> Index:
    """Return the index at `path`, of this network and with this layer.

    Raises:
        UserError: it is no index, is damaged, has no such layer, or is of another network.
    """
    from nnvis.top_images.index_reader import Index

    index = Index(path)
    spec = index.spec
    if not index.fits(info.weights_hash):
        raise UserError(
            f"the index {path.name} is of {spec.model} with weights {spec.weights_hash[:8]}, not of"
            f" this network ({info.weights_hash[:8]}); index the pictures with it"
        )
    if tuple(spec.input_size) != tuple(info.input_size):
        high, wide = spec.input_size
        raise UserError(f"the index {path.name} was made at {wide} x {high}; index at this size")
    names = [one.name for one in spec.layers]
    if layer not in names:
        near = difflib.get_close_matches(layer, names, 2, 0.3) or names[:2]
        raise UserError(f"the index {path.name} has no {layer}; it has {' and '.join(near)}")
    return index


def read_pictures(path: Path, info: ModelInfo, ranked: RankedPictures) -> RankedPictures:
    """Read the pictures of `ranked` from where they lie, as the network is fed them."""
    from nnvis.top_images.index_reader import Index
    from nnvis.top_images.pictures import forget_video

    read = []
    try:
        found = Index(path).top(ranked.layer, ranked.unit)
        for one, kept in zip(ranked.pictures, found, strict=False):
            if not kept.sha256:  # of a stream: what lies at its place need not be that frame
                problem = "of a stream's frames only small pictures are kept"
                read.append(replace(one, problem=problem))
                continue
            try:
                fed = info.preprocess.feed(kept.picture(), ranked.fit)
                read.append(replace(one, fed=fed, problem=""))
            except UserError as error:
                read.append(replace(one, problem=error.in_window))
    finally:
        forget_video()
    return replace(ranked, pictures=tuple(read))


def measure(weights: str, ranked: RankedPictures) -> Job:
    """Measure what the optimiser raises on the pictures that are there: means of the map."""
    fed = tuple(one.fed for one in ranked.pictures if one.fed is not None)
    return Job("top pictures", partial(_measure, weights, ranked.layer, ranked.unit, fed), SHARE)


def attribute(weights: str, ranked: RankedPictures, place: int, view: str, request: Request) -> Job:
    """Follow the cell of a picture back to its pixels -> BackLook, painted as `request` has it.

    Raises:
        UserError: that picture could not be read.
    """
    one = ranked.pictures[place]
    if one.fed is None:
        raise UserError(one.problem or f"{one.name} is not read yet; try again")
    origin = AttributionRequest(view, ranked.layer, ranked.unit, one.cell)
    return Job(view, partial(attribute_picture, weights, one.fed, origin, request))


def attribute_picture(
    weights: str, fed: Picture, origin: AttributionRequest, request: Request, model: VisionModel
) -> Steps[Attribution]:
    """Follow `origin` back on what the network was fed, (h,w,3), painted as `request` has it."""
    import torch

    from nnvis.engine.render.attribution import attribution_parts, read_attribution
    from nnvis.views.live import attribute as follow

    _same(weights, model)
    yield Progress(0, 1, origin.view)
    found = follow(model, model.tensor(fed), origin)
    parts = attribution_parts(
        found.picture[0], found.signed, torch.from_numpy(fed).to(found.picture.device),
        request, origin, found.at, found.note,
    )  # fmt: skip
    return read_attribution(parts)


def _measure(
    weights: str, name: str, unit: int, fed: Sequence[Picture], model: VisionModel
) -> Steps[tuple[float, ...]]:
    import torch

    from nnvis.featurevis.partial_forward import layer_of, partial_forward

    _same(weights, model)
    layer, means = layer_of(model, name), []
    for done, picture in enumerate(fed):
        yield Progress(done, len(fed), "measuring top pictures")
        with torch.inference_mode():
            maps = partial_forward(model, model.tensor(picture), layer)
            means.append(float(maps[0, unit].mean()))
    return tuple(means)


def _same(weights: str, model: VisionModel) -> None:
    if model.weights_hash != weights:
        raise UserError("the model has changed since; try again")


def _top(kept: TopPicture) -> RankedPicture:
    return RankedPicture(kept.value, kept.cell, kept.patch, kept.reference.name, kept.thumbnail())
