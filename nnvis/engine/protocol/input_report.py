"""What is known of the network's input and how its library would have fed it; numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nnvis.models.preprocess import Fit
from nnvis.sources.frame import Frame


class InputState(StrEnum):
    """How what the network is fed stands to what its library would feed it."""

    SAME = "same"
    CHOSEN = "chosen"  # it differs as the person chose
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Channel:
    """Of the tensor that the network took, after normalisation."""

    name: str
    mean: float
    deviation: float
    low: float
    high: float
    offset: float  # what was subtracted from the pixels in [0,1]
    scale: float  # what they were divided by


@dataclass(frozen=True, slots=True)
class LogitRow:
    """One class and its logits."""

    index: int
    label: str
    ours: float
    theirs: float | None


@dataclass(frozen=True, slots=True)
class HalfDifference:
    """How far half precision is from the network as it is, on one frame."""

    kind: str  # "bfloat16" or "float16"
    precision: str  # of the network as it is: "float32"
    layer: str
    levels: float  # the largest difference of any of its cells as shown, in grey levels
    logits: float | None  # the largest difference, over their deviation; None: there are no classes
    first: bool  # the strongest class is the same
    shared: int  # of the `listed` strongest classes of one, how many are among those of the other
    listed: int


@dataclass(frozen=True, slots=True, eq=False)
class InputReport:
    """Of one frame; `verdict` is one line for people."""

    frame: Frame
    fit: Fit
    picture: NDArray[np.uint8]  # (h,w,3): the tensor de-normalised
    error: float  # the largest difference of that from the 8-bit picture shown, in levels
    shape: tuple[int, ...]  # of the tensor
    channels: tuple[Channel, ...]
    window: tuple[float, float, float, float]  # x0, y0, x1, y1 of what is fed, in the frame
    rows: tuple[LogitRow, ...]  # the strongest classes of both; empty without classes
    difference: float | None  # largest difference of the logits, over the largest magnitude
    levels: float | None  # largest difference of the pixels, in levels of 1/255
    state: InputState
    verdict: str
    half: HalfDifference | None = None  # where the frame was looked at in half precision
