"""The objects that a network finds, as boxes to be drawn on a picture."""

from __future__ import annotations

from PySide6.QtGui import QColor

from nnvis.gui.widgets.picture_view import Box
from nnvis.imaging.palette import colour_of
from nnvis.models.detection.region import FoundObjects

OBJECTS_FROM = 0.5  # the score from which they are drawn, until a person says another


def object_boxes(found: FoundObjects | None, least: float, followed: int | None) -> list[Box]:
    """Return those of at least that score, and the one that is followed with a wide line."""
    return [
        Box(*one.box, QColor(*colour_of(one.label)), f"{one.name} {one.score:.2f}", at == followed)
        for at, one in enumerate(found.listed if found is not None else ())
        if one.score >= least or at == followed
    ]
