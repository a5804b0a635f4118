"""Where the objects are, from frame to frame, that a person has chosen."""

from __future__ import annotations

from nnvis.engine.protocol.request import Request
from nnvis.models.region import FoundObjects, Region
from nnvis.models.vision import VisionModel


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

    def weighed(self, region: Region | None) -> str:
        """Return the layer that was found for a CAM of this object, "" while none is."""
        return self._weighed.get(region, "") if region is not None else ""

    def remember(self, region: Region | None, at: str, empty: bool) -> None:
        """Keep that layer; not where its map was `empty`: then another one speaks by now."""
        if region is not None:
            self._weighed[region] = "" if empty else at

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
