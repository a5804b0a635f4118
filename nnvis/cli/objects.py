"""Objects that a network finds, by their numbers on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnvis.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnvis.models.detection.region import FoundObjects, Region
    from nnvis.models.preprocess import Fit
    from nnvis.models.vision import VisionModel

GONE = ("gone", "none", "none of them")  # what may be typed for an object that is to vanish

ObjectOption = Annotated[
    int | None,
    typer.Option(
        "--object", min=0, help="An object, by its number in nnvis predict, of a network that "
        "finds objects.",
    ),
]  # fmt: skip


def found_objects(model: VisionModel, picture: NDArray[np.uint8], fit: Fit) -> FoundObjects:
    """Return what the network finds in (H,W,3).

    Raises:
        UserError: it does not look for objects.
    """
    import torch

    x = model.prepare(picture, fit)[1]
    with torch.no_grad():
        found = model.objects(model.run((x - model.mean) / model.std))
    if found is None:
        raise UserError(f"{model.name} finds no objects; name a class")
    return found


def object_of(model: VisionModel, picture: NDArray[np.uint8], fit: Fit, number: int) -> Region:
    """Return the object with this number.

    Raises:
        UserError: there is none.
    """
    listed = found_objects(model, picture, fit).listed
    if number >= len(listed):
        known = f"0 to {len(listed) - 1}" if listed else "none: it finds nothing here"
        raise UserError(f"there is no object {number}; the numbers are {known}")
    return listed[number].region
