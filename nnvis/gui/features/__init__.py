"""The page of a layer's features as colours, and of the concepts that they are made of."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "features",
    "Features",
    "The layer's features as colours, and as concepts",
    "nnvis.gui.features.page:FeaturesPage",
    (
        Command("features", LENS, "Features as colours; concepts", ("8",)),
        Command("new_basis", LENS, "New colours for the features of now", ("Shift+C",)),
    ),
)
