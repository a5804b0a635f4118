"""What a person wants to see; a frozen value, replaced whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from nnvis.imaging.shading import Shading


@dataclass(frozen=True, slots=True)
class Selection:
    """Read once per look by the runner; each snapshot carries the one it answers."""

    layer: str = ""  # empty: ModelCard.first_look
    unit: int = 0
    shading: Shading = field(default_factory=Shading)
    aspect: float = 1.0  # width over height of the pane that shows the sheet
    fit: str = "crop"  # how a frame meets the network: "crop" "stretch" "whole"
    visible: tuple[str, ...] = ()  # layers whose thumbnails are on the screen
    overlay: float = 0.6  # strength of the unit's map over the input, 0 ... 1
