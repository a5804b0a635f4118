"""The page of what in the picture drove a unit."""

from nnvis.gui.state.commands import LOOK, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "back",
    "Look back",
    "What in the picture drives it",
    "nnvis.gui.attribution.jobs:build",
    (
        Command("back", LOOK, "Next view: gradient, deconvolution, ..., none", ("B",)),
        Command("back_before", LOOK, "Previous view", ("Shift+B",)),
        Command(
            "hold", LOOK, "Hold the unit while looking at other layers", ("D",), checkable=True
        ),
        Command("back_grid", LOOK, "Grid: backward values, activations", ("V",), checkable=True),
        Command("display", LOOK, "Display: raw, grey, norm, blurred", ("N",)),
        Command("over", LOOK, "Alone, over the input, active, inactive", ("Shift+N",)),
    ),
    late=lambda view_state: view_state.request.attribution is not None,
    wide=300,
    begins="nnvis.gui.attribution.keys:AttributionKeys",
)
