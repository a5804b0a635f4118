"""Sessions in files, and bookmarks in sessions."""

from nnvis.gui.state.commands import SAVE, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "sessions",
    "Session",
    "Save the window as it is, and places to come back to",
    "nnvis.gui.sessions.page:SessionPage",
    (
        Command("sessions", SAVE, "Session: bookmarks", ("F6",)),
        Command("save_session", SAVE, "Save session…", ("Ctrl+Alt+S",)),
        Command("open_session", SAVE, "Open session…", ("Ctrl+Alt+L",)),
        Command("bookmark", SAVE, "Bookmark what is shown", ("Ctrl+Alt+B",)),
    ),
)
