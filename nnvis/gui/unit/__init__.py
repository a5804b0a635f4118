"""The page of the selected unit."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "unit",
    "Unit",
    "The selected unit: its map and its numbers",
    "nnvis.gui.unit.unit_page:UnitPage",
    (Command("unit_page", LENS, "The unit: map and numbers", ("1",)),),
)
