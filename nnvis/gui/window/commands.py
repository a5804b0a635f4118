"""Every command that stands in no page: those of the features, and the window's own."""

from __future__ import annotations

from nnvis.gui.grid import commands as grid
from nnvis.gui.panes import commands as panes
from nnvis.gui.source import commands as source
from nnvis.gui.state import saving
from nnvis.gui.state.commands import PICTURE, WINDOW, Command
from nnvis.gui.unit import walking
from nnvis.gui.window import opening

COMMANDS = (
    *opening.COMMANDS,
    *source.COMMANDS,
    *walking.COMMANDS,
    *grid.COMMANDS,
    *saving.COMMANDS,
    *panes.COMMANDS,
    Command("reset", PICTURE, "Reset zoom, gamma, boost and range", ("Esc",)),
    Command("labs", WINDOW, "Labs: train networks and see", ("F2",), checkable=True),
    Command("errors", WINDOW, "Errors: where it is wrong, and why", ("F3",), checkable=True),
    Command("twins", WINDOW, "Twins: a second network beside", ("Ctrl+D",), checkable=True),
    Command("palette", WINDOW, "Find anything…", ("Ctrl+Shift+P",)),
    Command("help", WINDOW, "Keys", ("H", "F1", "?"), checkable=True),
    Command("full_screen", WINDOW, "Full screen", ("F11",), checkable=True),
    Command("reset_layout", WINDOW, "Reset the layout"),
    Command("quit", WINDOW, "Quit", ("Q", "Ctrl+Q")),
)
