"""The pictures in which each concept is strongest, lit where it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.progress import Progress, Steps
from nnvis.views.features.concept_basis import ConceptBasis
from nnvis.views.features.concepts import concept_weights
from nnvis.views.layout import as_maps, require_layer

_ALIKE = 10  # levels, by which pictures differ in the mean that are worth showing side by side
_DARK = 0.25  # of the light, where the concept is not


def concept_tops(
    model: VisionModel, pictures: Sequence[NDArray[np.uint8]], basis: ConceptBasis, count: int
) -> Steps[tuple[tuple[NDArray[np.uint8], ...], ...]]:
    """Return, for each concept, the `count` of (h,w,3) `pictures` with its largest weights."""
    info = require_layer(model, basis.layer)
    maps = []
    for done, picture in enumerate(pictures):
        yield Progress(done, len(pictures), "looking for the strongest")
        with torch.inference_mode(), record(model, [basis.layer]) as seen:
            model(model.tensor(picture))
        found = as_maps(seen[basis.layer][:1], info)[0].float().nan_to_num(0, 0, 0)
        directions = torch.from_numpy(basis.directions).to(found)
        weights = concept_weights(found.flatten(1).T, directions)
        maps.append(weights.T.reshape(-1, *found.shape[1:]).cpu())
    stacked = torch.stack(maps)  # (n,k,h,w)
    peaks = stacked.flatten(2).amax(2)  # (n,k)
    tops = []
    for one in range(basis.count):
        order = peaks[:, one].argsort(descending=True, stable=True).tolist()
        shown: list[int] = []
        for place in order:
            if len(shown) < count and peaks[place, one] > 0 and _new(pictures, place, shown):
                shown.append(place)
        tops.append(tuple(_lit(pictures[place], stacked[place, one]) for place in shown))
    return tuple(tops)


def _new(pictures: Sequence[NDArray[np.uint8]], place: int, others: Sequence[int]) -> bool:
    """Tell whether a picture looks otherwise than those of `others`."""
    small = pictures[place][::8, ::8].astype(np.float32)
    return all(
        float(np.abs(small - pictures[other][::8, ::8]).mean()) >= _ALIKE for other in others
    )


def _lit(picture: NDArray[np.uint8], map_: torch.Tensor) -> NDArray[np.uint8]:
    part = map_ / map_.max().clamp(min=1e-12)
    light = functional.interpolate(
        part[None, None], picture.shape[:2], mode="bilinear", align_corners=False
    )[0, 0].clamp(0, 1)
    shade = _DARK + (1 - _DARK) * light.numpy()[..., None]
    return np.asarray(picture * shade, np.uint8)
