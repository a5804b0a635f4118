"""Where the objects are, from frame to frame, that a person asks about."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from nnvis.engine.protocol.request import Request
from nnvis.models.detection.region import FoundObjects, Region
from nnvis.models.vision import VisionModel
from nnvis.views.live import LiveViewResult, attribute
from nnvis.views.request import AttributionRequest


class RegionTracks:
    """An object stays the same while it overlaps its last place; used on the runner's thread."""

    def __init__(self) -> None:
        self._now: dict[Region, Region] = {}
        self._weighed: dict[Region, str] = {}  # the layer whose maps a CAM weighs

    def focused(self, model: VisionModel, region: Region | None, weak: bool = False) -> VisionModel:
        """Return the network, whose logits are those at the object as it was last seen.

        Raises:
            UserError: the network finds no objects.
        """
        return model if region is None else model.at(self._now.get(region, region), weak)

    def attribute(
        self,
        model: VisionModel,
        x: Tensor,
        asked: AttributionRequest,
        layer: str,
        grid: str | None,
    ) -> LiveViewResult:
        """Follow a unit back, from an object where it is now.

        The layer that a CAM of an object weighs is kept, but where its map was empty: then another
        one speaks by now.
        """
        region = asked.region
        if region is not None:
            asked = replace(asked, cells="sum", at=asked.at or self._weighed.get(region, ""))
        looked = attribute(self.focused(model, region), x, asked, [layer], grid)
        if region is not None and looked.at:
            self._weighed[region] = looked.at if bool(looked.picture.any()) else ""
        return looked

    def follow(self, objects: FoundObjects | None, request: Request) -> int | None:
        """Take in what a frame shows; return the number of the object that is asked about."""
        asked = asked_region(request)
        if objects is None or asked is None:
            return None
        self._weighed = {one: at for one, at in self._weighed.items() if one == asked}
        found = objects.find(self._now.get(asked, asked))
        if found is not None and asked.box is not None:
            self._now = {asked: objects.listed[found].region}
        return found


def asked_region(request: Request) -> Region | None:
    """Return the object that is attacked or, else, looked back from."""
    if request.attack is not None and request.attack.region is not None:
        return request.attack.region
    origin = request.origin
    return origin.region if origin is not None else None
