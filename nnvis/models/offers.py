"""The models that can be named, kept from one start to the next: they change with the libraries."""

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
from nnvis.models.formats.registered_names import timm_names, torchvision_names

_LIMIT = 4 << 20  # bytes of the file
_LIBRARIES = ("nnvis-toolbox", "timm", "torchvision")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be named."""

    name: str  # the spec
    source: str  # "bundled", "torchvision", "timm"
    parameters: int | None  # None: not known without building it


BUNDLED = (Offer("efficientnet_lite0", "bundled", 4_652_008), Offer("tiny", "bundled", 3898))


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
    """List what the libraries have, read from their code; where it is not plain there, ask them."""
    vision, pytorch = torchvision_names(), timm_names()
    if vision is None:
        from nnvis.models.formats import from_torchvision

        vision = {name: from_torchvision.parameters(name) for name in from_torchvision.names()}
    if pytorch is None:
        from nnvis.models.formats import from_timm

        pytorch = from_timm.names()
    return (
        *BUNDLED,
        *(Offer(f"torchvision/{name}", "torchvision", count) for name, count in vision.items()),
        *(Offer(f"timm/{name}", "timm", None) for name in pytorch),
    )


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
