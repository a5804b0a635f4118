"""What an index of top pictures knows of each unit of a layer: its top picture and its folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnvis.models.info import ModelInfo

if TYPE_CHECKING:
    from nnvis.top_images.index_reader import TopPicture

MIXED = 0.5  # of a unit's top pictures; no folder has as many: it is for no one thing


@dataclass(frozen=True, slots=True, eq=False)
class KnownUnit:
    """What can stand on a unit's tile."""

    thumbnail: NDArray[np.uint8] | None  # (h,w,3) the patch of its top picture, if it was kept
    folder: str  # that most of its top pictures lie in; empty: all pictures lie in one
    share: float  # of its top pictures that do
    pictures: int  # how many top pictures that is of

    @property
    def text(self) -> str:
        """Name the folder with its share, or say that it is mixed."""
        if not self.folder:
            return ""
        share = f"{self.folder} {100 * self.share:.0f} %"
        return share if self.share >= MIXED else f"mixed ({share})"


@dataclass(frozen=True, slots=True, eq=False)
class KnownLayer:
    """All units of a layer that an index has pictures of; without any, why not."""

    layer: str
    units: Mapping[int, KnownUnit]
    problem: str = ""


def known_units(path: Path, info: ModelInfo, layer: str) -> KnownLayer:
    """Read what the index at `path` says of the units of a layer.

    Raises:
        UserError: it is no index, is damaged, has no such layer, or is of another network.
    """
    from nnvis.engine.unit_card.top_pictures import fitting_index

    found = fitting_index(path, info, layer).tops_of(layer)
    folders = {_folder(one.reference.name) for tops in found.values() for one in tops}
    return KnownLayer(
        layer, {unit: _known(tops, told=len(folders) > 1) for unit, tops in found.items()}
    )


def _known(tops: Sequence[TopPicture], *, told: bool) -> KnownUnit:
    folder, count = Counter(_folder(one.reference.name) for one in tops).most_common(1)[0]
    return KnownUnit(tops[0].thumbnail(), folder if told else "", count / len(tops), len(tops))


def _folder(name: str) -> str:
    return Path(name).parent.name
