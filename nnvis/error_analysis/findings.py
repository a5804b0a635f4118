"""What was found of a folder and of the pictures that were looked into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnvis.error_analysis.ablation import AblationEffect
from nnvis.error_analysis.analysis import Analysis
from nnvis.error_analysis.causes import Cover, RegionEffect
from nnvis.error_analysis.cover_folder import FolderCover
from nnvis.error_analysis.separation import UnitSeparation


@dataclass(frozen=True, slots=True)
class Units:
    """Those that tell the selected pictures from others, the clearest first."""

    ranked: tuple[UnitSeparation, ...]
    compared: int  # units among which these were found
    others: int  # pictures that were compared with
    same_class: bool  # whether those are pictures of the same classes that are right


@dataclass(frozen=True, slots=True)
class Causes:
    """Regions that were covered, the clearest first."""

    effects: tuple[RegionEffect, ...]
    cover: Cover = Cover.GREY
    folder: FolderCover | None = None  # of the first that stands out and lies at one place


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Pictures that were looked into, and what was found of them."""

    title: str
    rows: NDArray[np.int64]
    units: Units | None = None
    causes: Causes | None = None
    effects: tuple[AblationEffect, ...] = ()  # of the units that were changed, a try each


@dataclass(frozen=True, slots=True, eq=False)
class ErrorReport:
    """All that a report is made of."""

    analysis: Analysis
    class_names: Sequence[str]
    about: dict[str, Any]  # model, weights, source, ...: what was run
    skipped: Sequence[tuple[str, str]] = ()
    selections: Sequence[Selection] = ()
    thumbnails: dict[int, NDArray[np.uint8]] = field(default_factory=dict)  # row -> (h,w,3)

    def name(self, one: int) -> str:
        """Name a class."""
        return self.class_names[one]
