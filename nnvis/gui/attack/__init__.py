"""The workspace in which the live picture is attacked."""

from nnvis.gui.state.commands import FOOL, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "attack",
    "Fool",
    "An attack on the live picture",
    "nnvis.gui.attack.jobs:build",
    (
        Command("fool", FOOL, "Attack the picture", ("A",), checkable=True),
        Command("carry", FOOL, "Carry the change over to other frames", ("Shift+A",)),
        Command("fool_grid", FOOL, "Grid: difference, attacked, clean", ("Shift+D",)),
        Command("fool_export", FOOL, "Export the attacked picture", ("Ctrl+E",)),
    ),
    place="workspace",
    late=lambda view_state: view_state.request.attack is not None,
    begins="nnvis.gui.attack.idle:begin",
)
