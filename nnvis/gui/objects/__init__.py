"""The page of what a network finds in the picture: boxes, masks, regions."""

from nnvis.gui.state.commands import LENS, Command
from nnvis.gui.state.page import Page

PAGE = Page(
    "objects",
    "Objects",
    "What a detector or a segmentation finds, to look back from and to fool",
    "nnvis.gui.objects.page:ObjectsPage",
    (
        Command("objects", LENS, "Objects that are found", ("7",)),
        Command("next_object", LENS, "Look back from the next object", ("Ctrl+J",)),
    ),
)
