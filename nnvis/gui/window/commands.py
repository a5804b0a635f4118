"""Every command that stands in no page: those of the features, and the window's own."""

from __future__ import annotations

from nnvis.gui import recording
from nnvis.gui.figure import dialog as figure
from nnvis.gui.grid import commands as grid
from nnvis.gui.guide import manual, tour
from nnvis.gui.network_map import layer_forms
from nnvis.gui.panes import commands as panes
from nnvis.gui.panes import layout_menu, presentation
from nnvis.gui.preferences import commands as preferences
from nnvis.gui.source import commands as source
from nnvis.gui.state import clipboard, history, saving
from nnvis.gui.state.commands import PANES, PICTURE, WINDOW, Command
from nnvis.gui.unit import walking
from nnvis.gui.window import opening

COMMANDS = (
    *opening.COMMANDS,
    *source.COMMANDS,
    *walking.COMMANDS,
    *grid.COMMANDS,
    *saving.COMMANDS,
    *figure.COMMANDS,
    *recording.COMMANDS,
    *clipboard.COMMANDS,
    *panes.COMMANDS,
    *layer_forms.COMMANDS,
    Command("reset", PICTURE, "Leave what is open, then show the whole grid", ("Esc",)),
    Command("plain_colours", PICTURE, "Gamma, boost and range as at the start", ("Ctrl+0",)),
    Command("labs", WINDOW, "Labs: train networks and see", ("F2",), checkable=True),
    Command("errors", WINDOW, "Errors: where it is wrong, and why", ("F3",), checkable=True),
    Command("twins", WINDOW, "Twins: a second network beside", ("Ctrl+D",), checkable=True),
    Command("palette", WINDOW, "Find anything…", ("Ctrl+Shift+P",)),
    Command("help", WINDOW, "Keys", ("H", "?"), checkable=True),
    Command("menu", WINDOW, "Everything nnvis can do", ("F10",)),
    *history.COMMANDS,
    *presentation.COMMANDS,
    *layout_menu.COMMANDS,
    *preferences.COMMANDS,
    *manual.COMMANDS,
    *tour.COMMANDS,
    Command("reset_layout", PANES, "Reset the layout"),
    Command("quit", WINDOW, "Quit", ("Ctrl+Q",)),
)
