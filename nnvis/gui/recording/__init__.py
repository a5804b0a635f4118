"""What is seen as a movie: the window, a pane, or the input with what lies over it."""

from nnvis.gui.state.commands import SAVE, Command

COMMANDS = (
    Command("record", SAVE, "Record what is shown", ("Ctrl+R",), checkable=True),
    Command("record_how", SAVE, "What is recorded, and how…"),
)
