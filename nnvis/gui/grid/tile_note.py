"""What can stand on the tiles beside the map."""

from __future__ import annotations

from enum import StrEnum

from nnvis.language import translatable


class TileNote(StrEnum):
    """What is to stand on the tiles."""

    NOTHING = "nothing"
    PREFERRED = "preferred"
    TOP = "top"
    LABEL = "label"


TITLES = {
    TileNote.NOTHING: (translatable("plain"), "Nothing but the map"),
    TileNote.PREFERRED: (translatable("preferred"), "In a corner what the unit wants to see"),
    TileNote.TOP: (translatable("top"), "In a corner the patch of an index that drove it most"),
    TileNote.LABEL: ("fires for", "The folder most of its top pictures in an index are of"),
}
