"""How what came back to the pixels is shown; free of torch, so that the window can hold it."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("raw", "grey", "norm", "blurred")
OVERS = ("alone", "input", "active", "inactive")
MOST_BLUR = 20.0  # pixels


@dataclass(frozen=True, slots=True)
class Display:
    """The displays of the Deep Visualization Toolbox, alone or together with the input.

    `kind`: "raw", every channel in its own colour with zero as mid-grey; "grey", the mean of the
    channels, signed; "norm", the length over the channels; "blurred", the same, blurred. `over`:
    "alone"; "input", laid over it; "active" or "inactive", the input where the view is strong, or
    where it is weak. What has one channel and no sign (a CAM) looks the same in the first three.
    """

    kind: str = "raw"
    over: str = "alone"
    strength: float = 0.8  # of what is laid over, or of the dark over the rest; 0 ... 1
    blur: float = 4.0  # sigma in pixels of the network's input, for "blurred"
