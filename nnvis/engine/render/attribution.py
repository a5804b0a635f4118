"""What came back to the pixels of a frame: painted on the device, read on the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Attribution
from nnvis.imaging.attribution_image import Painted, paint
from nnvis.views.live import LiveViewResult
from nnvis.views.request import AttributionRequest


@dataclass(frozen=True, slots=True, eq=False)
class AttributionDrawing:
    """Still on the device."""

    tensors: list[Tensor]  # in the order in which `read_attribution` reads them
    painted: Painted
    origin: AttributionRequest
    at: str
    note: str


def attribution_parts(looked: LiveViewResult, fed: Tensor, request: Request) -> AttributionDrawing:
    """Paint what `looked` found; `fed` (H,W,3) uint8 is what the network was fed."""
    origin = request.live_origin
    assert origin is not None
    return attribution_drawing(
        looked.picture[0], looked.signed, fed, request, origin, looked.at, looked.note
    )


def attribution_drawing(
    values: Tensor,
    signed: bool,
    fed: Tensor,
    request: Request,
    origin: AttributionRequest,
    at: str = "",
    note: str = "",
) -> AttributionDrawing:
    """Paint (C,H,W) `values` of the pixels as `request` has it."""
    painted = paint(values, signed, fed, request.display, request.shading)
    tensors = [painted.picture, values.float(), painted.reach, painted.peak, painted.bad]
    return AttributionDrawing(tensors, painted, origin, at, note)


def read_attribution(host: Sequence[NDArray[Any]], drawing: AttributionDrawing) -> Attribution:
    """Read a drawing that came to the host."""
    reach = float(host[2])
    return Attribution(
        origin=drawing.origin,
        picture=host[0],
        values=host[1],
        low=-reach if drawing.painted.signed else 0.0,
        high=reach,
        peak=float(host[3]),
        signed=drawing.painted.signed,
        colormap=drawing.painted.colormap,
        at=drawing.at,
        note=drawing.note,
        bad=int(host[4]),
    )
