"""The page of the strongest frames of the stream."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "stream",
    "Stream",
    "What it saw most strongly in the stream",
    "nnvis.gui.stream.page:StreamPage",
    (
        Command("stream", LENS, "Stream: its strongest frames", ("6",)),
        Command("gather", LENS, "Gather the strongest frames", ("Shift+G",), checkable=True),
        Command("sees", LENS, "Hold while in view: which units see it", (".",)),
        Command("next_seeing", LENS, "Go to the best of these, then the next", (",",)),
    ),
    late=lambda view_state: view_state.request.observe.gather is not None,
)
