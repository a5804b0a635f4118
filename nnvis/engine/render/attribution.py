"""What came back to the pixels of a frame: painted on the device, read on the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from torch import Tensor

from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Attribution
from nnvis.imaging.attribution_image import Painted, paint
from nnvis.imaging.host_transfer import A, Array, to_host
from nnvis.views.request import AttributionRequest


@dataclass(frozen=True, slots=True, eq=False)
class AttributionParts(Generic[A]):
    """Painted on the device; then the same on the host."""

    painted: Painted[A]
    values: A  # (C,H,W) float32
    origin: AttributionRequest
    at: str
    note: str


def attribution_parts(
    values: Tensor,
    signed: bool,
    fed: Tensor,
    request: Request,
    origin: AttributionRequest,
    at: str = "",
    note: str = "",
    *,
    trusting: bool = False,
) -> AttributionParts[Tensor]:
    """Paint (C,H,W) `values` of the pixels as `request` has it.

    Args:
        values: what was found.
        signed: whether they have a sign.
        fed: (H,W,3) uint8, what the network was fed.
        request: for its display and colours.
        origin: what was followed.
        at: the layer whose maps a CAM weighed.
        note: what is to be said of it.
        trusting: do not search for what is no number on a GPU; the peak tells on the host.
    """
    painted = paint(values, signed, fed, request.display, request.shading, trusting=trusting)
    return AttributionParts(painted, values.float(), origin, at, note)


def read_attribution(parts: AttributionParts[Tensor] | AttributionParts[Array]) -> Attribution:
    """Read what was painted; copies it to the host where it is not there yet."""
    host: AttributionParts[Array] = to_host(parts)
    painted = host.painted
    reach = float(painted.reach)
    return Attribution(
        origin=host.origin,
        picture=painted.picture,
        values=host.values,
        low=-reach if painted.signed else 0.0,
        high=reach,
        peak=float(painted.peak),
        signed=painted.signed,
        colormap=painted.colormap,
        at=host.at,
        note=host.note,
        bad=int(painted.bad),
    )
