"""A unit's own map, over the picture."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.views.layout import as_maps, over_picture, require_layer, require_places, require_unit
from nnvis.views.request import Cells


@torch.no_grad()
def activation(
    model: VisionModel, x: Tensor, *, layer: str, unit: int, cells: Cells = "map"
) -> Tensor:
    """(N,C,H,W) in [0,1] -> (N,1,H,W): the map, enlarged bilinearly; `cells` plays no part.

    Raises:
        UserError: there is no such layer or unit.
    """
    info = require_layer(model, layer)
    require_unit(info, unit)
    require_places(info)
    with record(model, [layer]) as seen:
        model(x)
    return over_picture(as_maps(seen[layer][: len(x)], info)[:, [unit]], x)
