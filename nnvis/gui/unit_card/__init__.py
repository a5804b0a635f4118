"""The page of all that is known of one unit."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "card",
    "Card",
    "What the unit wants to see",
    "nnvis.gui.unit_card.wiring:build",
    (Command("card", LENS, "Card: what the unit wants to see", ("5",)),),
)
