"""The page of a layer's features as colours, and of the concepts that they are made of."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page
from nnvis.gui.state.view_state import ViewState


def _asked(view_state: ViewState) -> bool:
    request = view_state.request
    observed = request.observe.colours, request.observe.concepts
    return any(one is not None for one in (*observed, request.ablation.concepts))


PAGE = Page(
    "features",
    "Features",
    "The layer's features as colours, and as concepts",
    "nnvis.gui.features.page:FeaturesPage",
    (
        Command("features", LENS, "Features as colours; concepts", ("8",)),
        Command("new_basis", LENS, "New colours for the features of now", ("Shift+C",)),
    ),
    late=_asked,
)
