"""A view of every unit of a layer, tiled: what in the picture drives each of them."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Sheet
from nnvis.engine.render.sheet import GAP, sheet_of, sheet_parts
from nnvis.imaging.colourise import shade, tile_size
from nnvis.imaging.grid import Grid
from nnvis.imaging.host_transfer import to_host
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import Rule
from nnvis.progress import Progress, Steps
from nnvis.views.backward import RULES
from nnvis.views.cam import WEIGHS, default_at, weigh
from nnvis.views.layout import over_picture
from nnvis.views.pass_through import ForwardPass, backward, forward
from nnvis.views.registry import LIVE_VIEWS
from nnvis.views.request import AttributionRequest


def view_sheet(
    model: VisionModel,
    x: Tensor,
    layer: LayerInfo,
    attribution: AttributionRequest,
    request: Request,
) -> Steps[Sheet]:
    """Follow every unit of `layer` back, on one forward pass, and tile what came.

    A tile shows, of a view with a sign, the length over the colour channels, averaged where the
    tile is smaller than the picture; a mean of the signed values would cancel out. The range of
    the colours is that of `request.shading`.

    Args:
        model: owned by the calling thread.
        x: (1,C,H,W) in [0,1].
        layer: whose units.
        attribution: view, cells and, for a CAM, the layer whose maps are weighed.
        request: for its shading and aspect.

    Raises:
        UserError: there is no way back from the layer, or no such cell.
    """
    at = (
        (attribution.at or default_at(model.layers, layer.name))
        if attribution.view in WEIGHS
        else ""
    )
    attribution = replace(attribution, layer=layer.name, at=at)
    passed = forward(model, x, [layer.name, *([at] if at else [])])
    size = tile_size(layer.units, x.shape[2], x.shape[3])
    tiles = []
    for unit in range(layer.units):
        yield Progress(unit, layer.units, f"{attribution.view} of {layer.name}")
        length = _length(model, passed, replace(attribution, unit=unit))
        tiles.append(functional.interpolate(length, size, mode="area")[0, 0])
    shaded = shade(torch.stack(tiles), request.shading)
    grid = Grid.fit(layer.units, *size, aspect=request.layout.aspect, gap=GAP)
    return sheet_of(to_host(sheet_parts(shaded, grid, request.shading)), request)


def _length(model: VisionModel, passed: ForwardPass, attribution: AttributionRequest) -> Tensor:
    """(1,1,H,W), not negative."""
    if (
        attribution.view not in RULES and attribution.view not in WEIGHS
    ):  # a function, with passes of its own
        x, view = passed.x.detach(), LIVE_VIEWS[attribution.view]
        picture: Tensor = view(
            model, x, layer=attribution.layer, unit=attribution.unit, cells=attribution.cells
        )
        return picture.detach().square().sum(1, keepdim=True).sqrt()
    weights = WEIGHS.get(attribution.view)
    came = backward(
        passed, attribution.layer, attribution.unit, attribution.cells,
        RULES.get(attribution.view, Rule.GRADIENT), to=[attribution.at] if weights else (),
        pixels=not weights,
    )  # fmt: skip
    if weights is not None:
        return over_picture(weigh(passed, came, attribution.at, weights), passed.x)
    assert came.pixels is not None
    found = came.pixels * passed.x if attribution.view == "input_x_gradient" else came.pixels
    return found.detach().square().sum(1, keepdim=True).sqrt()
