"""The page on which units are switched off, held still or turned up."""

from nnvis.gui.state.commands import OFF, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "ablation",
    "Switched off",
    "What is switched off, turned up or held still",
    "nnvis.gui.ablation.wiring:build",
    (
        Command("switch_off", OFF, "Switch the unit off, or put it back", ("Backspace", "Del")),
        Command("switch_how", OFF, "Scale, clamp, mean, freeze it", ("Shift+Backspace",)),
        Command("put_back", OFF, "Put all back", ("R",)),
        Command("compare", OFF, "Later layers: change, values", ("Shift+R",), checkable=True),
    ),
    place="left",
)
