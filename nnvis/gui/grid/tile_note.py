"""What can stand on the tiles beside the map."""

from __future__ import annotations

from enum import StrEnum


class TileNote(StrEnum):
    """What is to stand on the tiles."""

    NOTHING = "nothing"
    PREFERRED = "preferred"
    TOP = "top"
    LABEL = "label"


TITLES = {
    TileNote.NOTHING: ("plain", "Nothing but the map"),
    TileNote.PREFERRED: ("preferred", "In a corner what the unit wants to see"),
    TileNote.TOP: ("top", "In a corner the patch of an index that drove it most"),
    TileNote.LABEL: ("fires for", "The folder most of its top pictures in an index are of"),
}
