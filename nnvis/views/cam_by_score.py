"""Class activation maps without gradients: each map is weighed by what the unit does with it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import listen, record
from nnvis.progress import Progress, Steps
from nnvis.views.cam import default_at
from nnvis.views.layout import as_maps, over_picture, put_maps, require_layer, require_places
from nnvis.views.registry import TogetherParameters
from nnvis.views.request import Cells
from nnvis.views.slow_common import ScoreFunction

_TINY = 1e-8  # of a map's range, before it divides
Values = Callable[[Tensor, ScoreFunction, Tensor, Tensor], Tensor]


def score_cam(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "sum",
    at: str | None = None,
    options: TogetherParameters | None = None,
) -> Steps[Tensor]:
    """Weigh maps by the unit's score where only what they mark is seen (Wang et al. 2020, alg. 1).

    The picture, normalised as the network takes it, is multiplied by each map, enlarged and brought
    to 0..1; the weights are the softmax of the scores over the maps.

    Args:
        model: the network.
        x: (N,C,H,W) in [0,1].
        layer: of the unit; LOGITS for a class.
        unit: from 0.
        cells: which cells count; "map" and "sum": all of them.
        at: the layer whose maps are weighed; by default the last one that has any.
        options: how many pictures pass at a time.

    Returns:
        (N,1,H,W), not negative.

    Raises:
        UserError: as `gradcam`.
    """
    mean = model.mean

    def values(picture: Tensor, score: ScoreFunction, maps: Tensor, chosen: Tensor) -> Tensor:
        mask = over_picture(maps[:, chosen], picture)[0]
        low, high = mask.amin((1, 2), keepdim=True), mask.amax((1, 2), keepdim=True)
        mask = ((mask - low) / (high - low + _TINY))[:, None]
        return score.value(mean + (picture - mean) * mask)

    def weights(scores: Tensor, _whole: Tensor) -> Tensor:
        return scores.softmax(0)

    return (yield from _weighed(model, x, layer, unit, cells, at, options, values, weights))


def ablation_cam(
    model: VisionModel,
    x: Tensor,
    *,
    layer: str,
    unit: int,
    cells: Cells = "sum",
    at: str | None = None,
    options: TogetherParameters | None = None,
) -> Steps[Tensor]:
    """As `score_cam`; weights: by what part the score falls where a map is 0.

    Desai & Ramaswamy 2020, eq. 3.

    Raises:
        UserError: as `gradcam`; or the score is 0, so that nothing can fall.
    """
    name, info = _maps_at(model, layer, at)

    def values(picture: Tensor, score: ScoreFunction, maps: Tensor, chosen: Tensor) -> Tensor:
        places = torch.arange(len(chosen), device=picture.device)

        def without(_name: str, output: Tensor) -> Tensor:
            changed = output.clone()
            own = as_maps(changed, info)
            own[places, chosen] = 0
            put_maps(changed, info, own)
            return changed

        with listen(model, [name], without):
            return score.value(picture.expand(len(chosen), -1, -1, -1))

    def weights(scores: Tensor, whole: Tensor) -> Tensor:
        if not bool(whole != 0):
            raise UserError(
                "the unit's score on this picture is 0, so nothing can fall; choose another view"
            )
        return (whole - scores) / whole.abs()

    return (yield from _weighed(model, x, layer, unit, cells, name, options, values, weights))


def _weighed(
    model: VisionModel,
    x: Tensor,
    layer: str,
    unit: int,
    cells: Cells,
    at: str | None,
    options: TogetherParameters | None,
    values: Values,
    weights: Callable[[Tensor, Tensor], Tensor],
) -> Steps[Tensor]:
    together = (options or TogetherParameters()).together
    name, info = _maps_at(model, layer, at)
    found = []
    for done, picture in enumerate(x.split(1)):
        # "map" would weigh the score by itself.
        score = ScoreFunction(model, picture, layer, unit, "sum" if cells == "map" else cells)
        with torch.no_grad(), record(model, [name]) as seen:
            model(picture)
        maps = as_maps(seen[name][:1], info)
        scores = []
        for chosen in torch.arange(maps.shape[1], device=x.device).split(together):
            at_channel = done * maps.shape[1] + int(chosen[0])
            yield Progress(at_channel, len(x) * maps.shape[1], f"maps of {name}")
            scores.append(values(picture, score, maps, chosen))
        weight = weights(torch.cat(scores), score.value(picture)[0])
        found.append((weight.view(1, -1, 1, 1) * maps).sum(1, keepdim=True).clamp(min=0))
    return over_picture(torch.cat(found), x)


def _maps_at(model: VisionModel, layer: str, at: str | None) -> tuple[str, LayerInfo]:
    name = at or default_at(model.layers, layer)
    info = require_layer(model, name)
    require_places(info)
    if max(info.map_shape) == 1:
        raise UserError(f"{name} has no maps to weigh; choose a layer with maps")
    return name, info
