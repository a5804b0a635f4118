"""What twins are asked and show; numpy only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Score
from nnvis.progress import Progress
from nnvis.sources.frame import Frame

if TYPE_CHECKING:
    from nnvis.comparison.matching import UnitPair
    from nnvis.comparison.stream import Counterpart


@dataclass(eq=False)
class TwinBox:
    """What is to be looked at; the window writes it, the job reads the newest."""

    asked: tuple[Frame, Request] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TwinView(Progress):
    """Both networks on one frame; pictures are (h,w,4) uint8."""

    frame: Frame | None = None
    names: tuple[str, str] = ("", "")
    tops: tuple[tuple[Score, ...], tuple[Score, ...]] = ((), ())
    layers: tuple[str, str] = ("", "")  # the selected one, and its counterpart
    sheets: tuple[NDArray[np.uint8], ...] = ()  # of the first, the second, their difference
    apart: str = ""  # what the difference is of, or why there is none
    counterparts: tuple[Counterpart, ...] = ()
    pairs: tuple[UnitPair, ...] = ()  # of the selected layer
    unrelated: float = 1.0  # correlation up to which a pair may be so
    frames: int = 0  # over which layers and units are compared
    parting: str = ""
    agree: float = float("nan")  # share of these frames with the same first class
    problem: str = field(default="")  # one line, in place of all that
