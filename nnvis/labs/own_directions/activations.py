"""Each picture read once and passed through the network, and through a second one if there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from nnvis.error_analysis.class_logits import of_classes
from nnvis.errors import UserError, Worded
from nnvis.labs.own_directions.image_features import image_features
from nnvis.labs.own_directions.pictures import Listed
from nnvis.models.info import LayerInfo
from nnvis.models.preprocess import Preprocess
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.top_images.decode import FEW, in_workers
from nnvis.top_images.pictures import read_hashed
from nnvis.views.layout import as_maps


@dataclass(frozen=True)
class ObservedLayer:
    """A network and the layer that is asked."""

    model: VisionModel
    layer: LayerInfo
    over_max: bool = False  # a unit's highest cell in place of the mean over its cells


@dataclass
class PassedPictures:
    """What is known of n pictures so far, n growing."""

    places: list[int] = field(default_factory=list)  # in the listing
    features: list[Tensor] = field(default_factory=list)  # (b,C) each
    looks: list[Tensor] = field(default_factory=list)  # (b,384)
    second: list[Tensor] = field(default_factory=list)  # (b,D), or none
    said: list[Tensor] = field(default_factory=list)  # (b,) the first network's class, or none
    changed: int = 0  # other pictures now than were indexed
    unread: list[str] = field(default_factory=list)  # why each could not be read
    bad: int = 0  # for which a network gave NaN or infinity


@dataclass(frozen=True, eq=False)
class Read:
    """A block of pictures ready for the networks."""

    places: tuple[int, ...]
    fed: tuple[Tensor, ...]  # (b,H,W,3) uint8, one for each network
    looks: Tensor  # (b,384)
    changed: int
    unread: tuple[str, ...]


@dataclass(frozen=True)
class Reader:
    """Reads block after block; travels to worker processes."""

    listed: Listed
    blocks: tuple[tuple[int, ...], ...]  # places in the listing
    ways: tuple[Preprocess, ...]

    def __call__(self, number: int) -> Read:
        places, looked, changed, unread = [], [], 0, []
        fed: list[list[Tensor]] = [[] for _ in self.ways]
        for place in self.blocks[number]:
            known = self.listed.hashes[place]
            try:
                picture, digest = read_hashed(self.listed.references[place], bool(known))
            except UserError as error:
                unread.append(str(error))
                continue
            if digest != known:
                changed += 1
                continue
            rows = [way.feed(picture) for way in self.ways]
            for column, row in zip(fed, rows, strict=True):
                column.append(torch.from_numpy(np.ascontiguousarray(row)))
            looked.append(torch.from_numpy(image_features(rows[0])))
            places.append(place)
        return Read(
            tuple(places),
            tuple(torch.stack(column) for column in fed) if places else (),
            torch.stack(looked) if places else torch.empty(0),
            changed,
            tuple(unread),
        )


def pass_all(
    eyes: Sequence[ObservedLayer],
    listed: Listed,
    blocks: Sequence[Sequence[int]],
    workers: int,
    into: PassedPictures,
) -> Iterator[int]:
    """Pass block after block of places; yields how many blocks are done, `into` then has them.

    Pictures are fed as the library of each network does it; their looks are told of what the first
    network is fed, so that what it cannot see does not count.
    """
    reader = Reader(
        listed, tuple(map(tuple, blocks)), tuple(eye.model.preprocess for eye in eyes)
    )  # fmt: skip
    few = sum(map(len, blocks)) <= FEW
    with in_workers(reader, range(len(blocks)), 0 if few else workers) as made:
        for done, one in enumerate(made, 1):
            into.changed += one.changed
            into.unread += one.unread
            if one.places:
                _take(eyes, one, into)
            yield done


def activations(eye: ObservedLayer, fed: Tensor) -> tuple[Tensor, Tensor]:
    """(N,H,W,3) uint8 as the network is fed -> (N,C) float32 on the host, a number a unit.

    Beside it what the network itself says.

    Raises:
        UserError: the layer puts out nothing of each picture.
    """
    model, name = eye.model, eye.layer.name

    def reduce(output: Tensor) -> Tensor:
        cells = as_maps(output, eye.layer).flatten(2).float()
        return cells.amax(2) if eye.over_max else cells.mean(2)

    x = torch.cat([model.tensor(one.numpy()) for one in fed])
    with torch.no_grad(), record(model, [name], keep={name: reduce}) as seen:
        logits = model(x)
    found = seen.get(name)
    if found is None or found.shape != (len(fed), eye.layer.units):
        raise UserError(f"{name} gives no map of each of {len(fed)} pictures; choose another layer")
    return found.cpu(), logits.cpu()


def last_features(model: VisionModel) -> LayerInfo:
    """Return the layer before the head: the last one with maps that is no pooling.

    A layer of as many units as the network has outputs counts as its head. A network of vectors
    alone is asked for its last one before the head.

    Raises:
        UserError: there is none.
    """
    height, width = model.input_size
    with torch.no_grad():
        outputs = model(torch.full((1, model.channels, height, width), 0.5).to(model.device))
    classes = outputs.shape[1] if outputs.ndim > 1 else 0
    found = [one for one in model.layers if one.units > 1 and one.units != classes]
    maps = [one for one in found if max(one.map_shape) > 1 and one.family != "pool"]
    if not found:
        raise UserError(Worded(*(
            f"{model.name} has no layer of features before its outputs; {cure}"
            for cure in ("give --layer", "give the name of a layer")
        )))  # fmt: skip
    return (maps or found)[-1]


def _take(eyes: Sequence[ObservedLayer], one: Read, into: PassedPictures) -> None:
    seen = [activations(eye, fed) for eye, fed in zip(eyes, one.fed, strict=True)]
    rows, logits = [row for row, _ in seen], seen[0][1]
    good = torch.stack([row.isfinite().all(1) for row in rows]).all(0)
    into.bad += int((~good).sum())
    into.places += [place for place, fine in zip(one.places, good.tolist(), strict=True) if fine]
    into.features.append(rows[0][good])
    into.looks.append(one.looks[good])
    if logits.ndim == 2:
        into.said.append(of_classes(logits).argmax(1)[good])
    if len(rows) > 1:
        into.second.append(rows[1][good])
