"""What cells and displays are called, and what each of them shows."""

from __future__ import annotations

from nnvis.engine.protocol.request import GridShows
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.imaging.attribution_options import DisplayKind, DisplayOver
from nnvis.language import tr
from nnvis.models.info import ModelInfo
from nnvis.views.registry import SLOW_VIEWS
from nnvis.views.request import AttributionRequest, Cells

CELLS = {
    "map": ("Own map", "every cell, weighed by what it does now"),
    "max": ("Strongest cell", "the one cell with the largest value"),
    "sum": ("Whole channel", "every cell alike"),
    "cell": ("Cell under the mouse", "point at a tile, the input or the view"),
}
DISPLAYS = {
    DisplayKind.RAW: ("Raw", "Each colour channel; mid-grey is zero"),
    DisplayKind.GREY: ("Grey", "Mean over the colour channels, signed"),
    DisplayKind.NORM: ("Norm", "Length over the colour channels"),
    DisplayKind.BLURRED: ("Blurred", "The norm under a Gaussian blur"),
}
OVERS = {
    DisplayOver.ALONE: ("Alone", "The view by itself"),
    DisplayOver.INPUT: ("Over", "The view laid over the input"),
    DisplayOver.ACTIVE: ("Active", "The input where the view is strong"),
    DisplayOver.INACTIVE: ("Inactive", "The input where the view is weak"),
}
GRIDS = {
    GridShows.ACTIVATION: ("Activations", "What each unit puts out"),
    GridShows.BACKWARD: ("Backward", "What came back to each unit: signed"),
}


def kind_of(cells: Cells) -> str:
    """Return the key of CELLS for some cells."""
    return cells if isinstance(cells, str) else "cell"


def origin_text(info: ModelInfo, origin: AttributionRequest) -> str:
    """Name the unit, class or object that is looked back from, and through what."""
    thing = "the object " if origin.region is not None else ""
    named = f"{origin.layer}:{origin.unit}" if origin.layer else thing + info.label(origin.unit)
    return (
        named if origin.passed is None else f"{named} through {':'.join(map(str, origin.passed))}"
    )


def cells_text(cells: Cells) -> str:
    """Name a cells; a cell by its place."""
    if isinstance(cells, tuple):
        return f"cell {cells[0]}, {cells[1]}"
    return tr(CELLS[cells][0]).lower()


def followed_text(origin: AttributionRequest, detects: str) -> str:
    """Say what of the origin is followed; `detects` as of ModelInfo."""
    if origin.region is None:
        return cells_text(origin.cells)
    return "log-odds of its score" if detects == "boxes" else "mean logit over its region"


def frame_text(snapshot: Snapshot) -> str:
    """Say on which frame something was found."""
    return f"of {snapshot.frame.name}"


def takes_time(view: str) -> bool:
    """Tell whether a view is a job beside the stream."""
    return view in SLOW_VIEWS
