"""How what came back to the pixels is shown; free of torch, so that the window can hold it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nnvis.structure import limited

MOST_BLUR = 20.0  # pixels


class DisplayKind(StrEnum):
    """What is made of the values of the pixels."""

    RAW = "raw"  # every channel in its own colour, zero is mid-grey
    GREY = "grey"  # the mean of the channels, signed
    NORM = "norm"  # the length over the channels
    BLURRED = "blurred"  # the same, blurred


class DisplayOver(StrEnum):
    """What it is laid over."""

    ALONE = "alone"
    INPUT = "input"
    ACTIVE = "active"  # the input where the view is strong
    INACTIVE = "inactive"  # or where it is weak


@dataclass(frozen=True, slots=True)
class Display:
    """The displays of the Deep Visualization Toolbox, alone or together with the input.

    What has one channel and no sign (a CAM) looks the same in the first three kinds.
    """

    kind: DisplayKind = DisplayKind.RAW
    over: DisplayOver = DisplayOver.ALONE
    strength: float = limited(
        0.8, 0, 1
    )  # of what is laid over, or of the dark over the rest; 0 ... 1
    blur: float = limited(4.0, 0, MOST_BLUR)  # sigma in pixels of the network's input, for BLURRED
