"""The page of pinned units and what they set off."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "pins",
    "Pins",
    "Units that stay in sight, and what they set off",
    "nnvis.gui.pins.page:PinsPage",
    (
        Command("pins", LENS, "Pinned units", ("3",)),
        Command("pin", LENS, "Pin the unit, or unpin it", ("Y",), checkable=True),
        Command("trigger", LENS, "Trigger of the pins", ("Shift+Y",), checkable=True),
    ),
)
