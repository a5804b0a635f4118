"""Concepts on the live picture: where each is, and what the class would be without it."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nnvis.engine.protocol.observations import ConceptReading
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.imaging.concept_colours import CONCEPT_COLOURS
from nnvis.models.vision import VisionModel
from nnvis.views.features.concept_basis import ConceptBasis
from nnvis.views.features.concepts import concept_weights, without_concepts
from nnvis.views.layout import as_maps, require_layer

REST = 4  # times as long as it took
_MIX = 0.75  # of the strongest cells, over the grey picture


class ConceptReader:
    """What a class loses without each concept takes a pass for each, so not every frame tells it.

    It is worked out in a fifth of the time, and `owes` says that the last frame waits for it.
    """

    def __init__(self) -> None:
        self.owes = False
        self._ended = self._took = 0.0

    def read(
        self, model: VisionModel, snapshot: Snapshot, basis: ConceptBasis, output: Tensor
    ) -> ConceptReading:
        """Paint the concepts of `basis` in what its layer put out, and switch each off alone."""
        begin = time.monotonic()
        self.owes = begin - self._ended < REST * self._took
        found = _read(model, snapshot, basis, output, shares=not self.owes)
        if not self.owes:
            self._ended = time.monotonic()
            self._took = self._ended - begin
        return found


def _read(
    model: VisionModel, snapshot: Snapshot, basis: ConceptBasis, output: Tensor, *, shares: bool
) -> ConceptReading:
    info = require_layer(model, basis.layer)
    with torch.inference_mode():
        maps = as_maps(output[:1], info)[0].float()
        height, width = maps.shape[1:]
        cells = maps.flatten(1).T
        odd = ~cells.isfinite().all(1)
        cells = torch.where(odd[:, None], 0.0, cells)
        weights = concept_weights(cells, torch.from_numpy(basis.directions).to(cells))
        part = weights / torch.from_numpy(basis.largest).to(weights).clamp(min=1e-12)  # (n,k)
        strongest = part.argmax(1)
        there = part.amax(1) > 0
        areas = [float(((strongest == one) & there).float().mean()) for one in range(basis.count)]
        if shares:
            top, whole, lost = _shares(model, snapshot, basis)
        else:
            top, whole, lost = snapshot.top[0].label if snapshot.top else "", 0.0, ()
        painted = _paint(part.T.reshape(-1, height, width).cpu(), snapshot)
    peaks = tuple(part.amax(0).tolist())
    return ConceptReading(painted, peaks, tuple(areas), top, whole, lost, int(odd.sum()))


def _shares(
    model: VisionModel, snapshot: Snapshot, basis: ConceptBasis
) -> tuple[str, float, tuple[float, ...]]:
    """Return the class on top, its probability, and what it loses without each concept."""
    if not model.meaning.lists_classes or not snapshot.top:
        return "", 0.0, ()
    x = model.tensor(snapshot.fed)
    off: list[tuple[int, ...]] = [(), *((one,) for one in range(basis.count))]
    with without_concepts(model, basis, off):
        logits = model(x.expand(len(off), -1, -1, -1))
    if logits.ndim != 2 or not logits.shape[1]:
        return "", 0.0, ()
    chances = model.scores(logits)
    own = int(chances[0].argmax())
    whole, *rest = chances[:, own].tolist()
    return model.label(own), whole, tuple(whole - one for one in rest)


def _paint(part: Tensor, snapshot: Snapshot) -> NDArray[np.uint8]:
    """(k,h,w) weights -> (H,W,3): the colour of the strongest, as strong as that, over grey."""
    fed = snapshot.fed
    large = functional.interpolate(part[None], fed.shape[:2], mode="bilinear", align_corners=False)[
        0
    ].clamp(0, 1)
    strength, which = large.max(0)
    colours = np.asarray(CONCEPT_COLOURS, np.float32)[which.numpy()]
    mix = (_MIX * strength.numpy() ** 0.7)[..., None]
    grey = fed.mean(2, keepdims=True).repeat(3, 2)
    return np.asarray(mix * colours + (1 - mix) * grey, np.uint8)
