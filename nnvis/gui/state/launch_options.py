"""What the window is asked to open with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnvis.engine.protocol.request import Half
from nnvis.models.info import ModelRequest


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """None means: as it was left, and at the very first start the defaults."""

    source: str | None = None
    model_request: ModelRequest | None = None
    layer: str | None = None
    unit: int | None = None
    half: Half | None = None  # in what a plain look is computed
    safe: bool = False  # on the defaults, whatever was kept
    restore: dict[str, Any] | None = None  # the JSON of a snapshot; wins over the others
    session: str | None = None  # the file of a session; wins over all
