"""What can be done about the program itself."""

from __future__ import annotations

from nnvis.gui.state.commands import WINDOW, Command

COMMANDS = (
    Command("preferences", WINDOW, "Preferences…", ("Ctrl+,",)),
    Command("open_log", WINDOW, "Open the log file"),
    Command("report", WINDOW, "Report a problem…"),
    Command("about", WINDOW, "About nnvis"),
)
