"""From one pass over labelled pictures to all that is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nnvis.error_analysis.labelled import LabelledPictures
from nnvis.error_analysis.measure import Measured
from nnvis.error_analysis.near_duplicates import near_duplicates
from nnvis.error_analysis.rates import (
    Calibration,
    LabelSuspect,
    Probabilities,
    Rate,
    calibrate,
    confusion_matrix,
    label_suspects,
    rate,
    row_blocks,
)
from nnvis.error_analysis.slices import Slice, compare_slices
from nnvis.errors import UserError
from nnvis.top_images.list_pictures import Reference
from nnvis.top_images.pictures import read


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Rows are pictures that could be read, in the order of the listing."""

    names: tuple[str, ...]
    truths: NDArray[np.int64]  # (N,)
    said: NDArray[np.int64]  # (N,)
    probabilities: Probabilities  # (N,K)
    accuracy: Rate
    by_class: dict[int, Rate]
    classes: tuple[int, ...]  # those that occur
    confusion: NDArray[np.int64]  # see `confusion_matrix`
    calibration: Calibration
    slices: tuple[Slice, ...]
    duplicates: tuple[tuple[int, ...], ...]
    suspects: tuple[LabelSuspect, ...]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which pictures the network gets right."""
        return np.equal(self.said, self.truths)

    def select(self, truth: int, said: int | None) -> NDArray[np.bool_]:
        """Return (N,) the pictures of `truth` that were called `said`; None: anything wrong.

        Raises:
            UserError: there are none.
        """
        own = self.truths == truth
        chosen: NDArray[np.bool_] = own & (
            np.equal(self.said, said) if said is not None else ~self.right
        )
        if not chosen.any():
            called = f"called {said}" if said is not None else "that the network gets wrong"
            raise UserError(f"no picture of class {truth} is {called}; choose another cell")
        return chosen

    def worst(self, most: int = 50) -> NDArray[np.int64]:
        """Return rows of errors, those with the least probability of the truth first."""
        rows = np.flatnonzero(~self.right)
        own = self.probabilities[rows, self.truths[rows]]
        return rows[np.argsort(own, kind="stable")][:most]

    def least_certain(self, most: int = 50) -> NDArray[np.int64]:
        """Return rows by the gap between the first and the second class, the least first."""
        gaps = [
            np.ptp(np.partition(self.probabilities[rows], -2, 1)[:, -2:], 1)
            for rows in row_blocks(len(self.truths))
        ]
        return np.argsort(np.concatenate(gaps), kind="stable")[:most]


def analyse(
    pictures: LabelledPictures, measured: Measured, probabilities: Probabilities
) -> Analysis:
    """Say how the network fares on the pictures.

    Args:
        pictures: with their classes.
        measured: one pass over them.
        probabilities: (N,K) of the rows of `measured`.

    Raises:
        UserError: the network puts out NaN.
    """
    finite = np.isfinite(probabilities.sum(1))  # none is below 0
    if not finite.all():
        bad = int((~finite).sum())
        raise UserError(
            f"the network puts out NaN or infinity for {bad} of {len(probabilities)} pictures, so "
            "no accuracy can be told; check its weights"
        )
    rows = measured.places
    truths = pictures.truths[rows]
    said = measured.logits.argmax(1)  # equal ones after rounding would hide the first
    right = said == truths
    names = tuple(pictures.names[row] for row in rows)
    columns = {
        name: [values[row] for row in rows] for name, values in pictures.columns.items()
    }  # fmt: skip
    return Analysis(
        names=names,
        truths=truths,
        said=said,
        probabilities=probabilities,
        accuracy=rate(int(right.sum()), len(right)),
        by_class={
            one: rate(int(right[truths == one].sum()), int((truths == one).sum()))
            for one in pictures.classes
        },
        classes=pictures.classes,
        confusion=confusion_matrix(truths, said, pictures.classes),
        calibration=calibrate(probabilities, truths),
        slices=tuple(compare_slices(right, names, measured.facts, measured.cameras, columns)),
        duplicates=tuple(near_duplicates(measured.hashes)),
        suspects=tuple(label_suspects(probabilities, truths)),
    )


def class_names(
    labels: Sequence[str] | None, given: dict[int, str] | None, count: int
) -> tuple[str, ...]:
    """Name each class: the network's label, else the person's word, else a number."""
    own = labels if labels and len(labels) == count else ()
    return tuple(own or ((given or {}).get(one, f"class {one}") for one in range(count)))


def thumbnail(reference: Reference, side: int = 144) -> NDArray[np.uint8]:
    """Return a picture small enough for a page; one that went since is a black dot."""
    try:
        image = Image.fromarray(read(reference))
    except UserError:
        return np.zeros((1, 1, 3), np.uint8)
    image.thumbnail((side, side))
    return np.asarray(image)
