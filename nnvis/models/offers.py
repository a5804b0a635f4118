"""The models that can be named, kept from one start to the next.

To ask the libraries takes seconds, for they import torch; what they offer changes only with them.
"""

from __future__ import annotations

import json
import os
from dataclasses import astuple, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs

from nnvis.errors import UserError
from nnvis.files.json_text import read_json
from nnvis.files.typed import typed
from nnvis.files.whole import write_text

_LIMIT = 4 << 20  # bytes of the file
_LIBRARIES = ("nnvis-toolbox", "timm", "torchvision")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be named."""

    name: str  # the spec
    source: str  # "bundled", "torchvision", "timm"
    parameters: int | None  # None: not known without building it


def models() -> tuple[Offer, ...]:
    """List every model that can be named without a file; NNVIS_CACHE names where that is kept."""
    named = os.environ.get("NNVIS_CACHE")
    path = Path(named or platformdirs.user_cache_dir("nnvis")) / "models.json"
    versions = [_version(one) for one in _LIBRARIES]
    found = _kept(path, versions)
    if found is None:
        found = _asked()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps({"of": versions, "models": [*map(astuple, found)]}))
        except (UserError, OSError):
            pass  # where nothing can be kept, they are asked again
    return found


def _asked() -> tuple[Offer, ...]:
    """Ask the libraries what they have."""
    from nnvis.models import bundled
    from nnvis.models.formats import from_timm, from_torchvision

    own = (Offer(bundled.NAME, "bundled", bundled.PARAMETERS), Offer("tiny", "bundled", 3898))
    vision = (
        Offer(f"torchvision/{name}", "torchvision", from_torchvision.parameters(name))
        for name in from_torchvision.names()
    )
    return (*own, *vision, *(Offer(f"timm/{name}", "timm", None) for name in from_timm.names()))


def _kept(path: Path, versions: list[str]) -> tuple[Offer, ...] | None:
    try:
        read = read_json(path, _LIMIT, "list of models")
        if read["of"] != versions:
            return None
        return tuple(typed(Offer(*one)) for one in read["models"])
    except (UserError, OSError, KeyError, TypeError):
        return None


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
