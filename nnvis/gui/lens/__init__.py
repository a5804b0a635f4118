"""The page that tells about one unit over the stream."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "lens",
    "Lens",
    "What there is to know about it",
    "nnvis.gui.lens.page:LensPage",
    (Command("lens", LENS, "Lens; its next page", ("2",)),),
    late=lambda view_state: view_state.request.observe.lens is not None,
)
