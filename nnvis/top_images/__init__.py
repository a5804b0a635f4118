"""Top pictures: for every unit of a network, the pictures of a set in which it was strongest.

`index` makes one in a single pass, `Index` reads it, `merge` joins two; what lies in its folder is
told in `tables`. Nothing here imports torch until it is asked for, since the window reads indexes
before torch is there.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnvis.top_images.merging import merge
    from nnvis.top_images.plan import usual_layers
    from nnvis.top_images.reading import Index, TopPicture, UnitRecord
    from nnvis.top_images.sweep import index, make_plan

__all__ = ["Index", "TopPicture", "UnitRecord", "index", "make_plan", "merge", "usual_layers"]

_HOMES = {
    "Index": "reading",
    "TopPicture": "reading",
    "UnitRecord": "reading",
    "index": "sweep",
    "make_plan": "sweep",
    "merge": "merging",
    "usual_layers": "plan",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
