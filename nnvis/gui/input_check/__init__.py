"""The page of what the network was really fed."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page, unasked

PAGE = Page(
    "truth",
    "Truth",
    "What the network is really fed",
    "nnvis.gui.input_check.jobs:build",
    (Command("truth", LENS, "Truth: what the network is fed", ("4",)),),
    late=unasked,
)
