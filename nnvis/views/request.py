"""What can be asked of the views; free of torch, so that the window can hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from nnvis.models.detection.region import Region
from nnvis.parameters import Value
from nnvis.structure import limited
from nnvis.views.features.concept_basis import ConceptBasis

LOGITS = ""  # as a layer: what the network puts out at the end

Cells = str | tuple[int, int]
CELLS = ("map", "max", "sum")  # or a cell (row, column)


@dataclass(frozen=True, slots=True)
class AttributionRequest:
    """What is followed back to the pixels of every frame."""

    view: str = "gradient"  # of EVERY_VIEW, other than activation
    layer: str = LOGITS
    unit: int = limited(0, 0)
    cells: Cells = limited("map", 0, choices=CELLS)
    at: str = ""  # the layer whose maps a CAM weighs; empty: the last one that can speak
    parameters: tuple[tuple[str, Value], ...] = ()  # of a slow view, where not the defaults
    pinned: bool = False  # the unit stays while others are selected
    region: Region | None = None  # of LOGITS: the class `unit` at this object
    through: bool = False  # while pinned: only what passes the selected unit counts, see `lrp`
    passed: tuple[str, int] | None = None  # that unit, once it is known which one is selected

    def same_question(self, other: AttributionRequest) -> bool:
        """Whether both follow the same unit in the same way; which cell, a picture says itself."""
        kinds = ["cell" if isinstance(one.cells, tuple) else one.cells for one in (self, other)]
        return kinds[0] == kinds[1] and replace(self, cells="map", pinned=False) == replace(
            other, cells="map", pinned=False
        )


class AblationMode(StrEnum):
    """What becomes of a unit."""

    ZERO = "zero"
    SCALE = "scale"  # times `factor`
    CLAMP = "clamp"  # cut to `low` ... `high`
    MEAN = "mean"  # one value everywhere, such as its mean over the last frames
    FREEZE = "freeze"  # a map it had once


@dataclass(frozen=True, slots=True)
class ConceptsOff:
    """Concepts that are subtracted from their layer."""

    basis: ConceptBasis
    off: tuple[int, ...]  # which of them


@dataclass(frozen=True, slots=True)
class Ablation:
    """One unit switched off, turned up or held still."""

    layer: str
    unit: int = limited(minimum=0)
    how: AblationMode = AblationMode.ZERO
    factor: float = 1.0
    low: float = 0.0
    high: float = 0.0
