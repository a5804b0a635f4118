"""The board: pictures of any layer, unit, view, class, frame or model, side by side."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "board",
    "Board",
    "Pictures of any unit, view, class or model side by side, live or frozen",
    "nnvis.gui.board.page:BoardPage",
    (
        Command("board", LENS, "Board", ("Ctrl+B",)),
        Command("board_add", LENS, "Put the unit on the board", ("Ctrl+Shift+B",)),
        Command("board_view", LENS, "Put the view on the board", ("Ctrl+Alt+V",)),
        Command("board_freeze", LENS, "Freeze all of the board, or let it go", ("Ctrl+Alt+F",)),
    ),
)
