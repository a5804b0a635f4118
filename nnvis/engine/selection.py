"""What a person wants to see; a frozen value, replaced whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from nnvis.imaging.shading import Shading
from nnvis.models.card import ModelRequest


@dataclass(frozen=True, slots=True)
class Fooling:
    """How every frame is attacked; sizes in pixel units of [0,1]."""

    norm: str = "linf"  # "linf" "l2"
    eps: float = 4 / 255  # radius of the ball
    step: float = 0.0  # length of a step; 0: eps / 4
    steps: int = 1  # per frame, at most; fewer where the budget ends
    budget: float = 0.03  # seconds for the steps of one frame
    target: int | None = None  # a class; None: away from the clean one
    carried: bool = False  # take no more steps: the change found is laid over the frames to come
    shows: str = (
        "difference"  # what the grid shows: "difference" (attacked - clean) "attacked" "clean"
    )
    control: bool = False  # also score noise of the same size
    second: ModelRequest | None = None  # another network that judges both pictures as well


@dataclass(frozen=True, slots=True)
class Selection:
    """Read once per look by the runner; each snapshot carries the one it answers."""

    layer: str = ""  # empty: ModelCard.first_look
    unit: int = 0
    shading: Shading = field(default_factory=Shading)
    aspect: float = 1.0  # width over height of the pane that shows the sheet
    fit: str = "crop"  # how a frame meets the network: "crop" "stretch" "whole"
    visible: tuple[str, ...] = ()  # layers whose thumbnails are on the screen
    fooling: Fooling | None = None
    overlay: float = 0.6  # strength of the unit's map over the input, 0 ... 1
