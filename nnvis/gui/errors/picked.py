"""Pictures that a person picked out, and what was found of them so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.errors.answers import FoundCauses, FoundEffect, RankedUnits, Tried

if TYPE_CHECKING:
    from nnvis.error_analysis.analysis import Analysis


@dataclass(eq=False)
class Picked:
    """Rows of the pass; what is found is added as it comes."""

    title: str
    rows: NDArray[np.int64]
    units: RankedUnits | None = None
    causes: FoundCauses | None = None
    effects: list[FoundEffect] = field(default_factory=list)
    changed: FoundEffect | None = None  # whose answers are shown; None: those as the network is

    def mask(self, count: int) -> NDArray[np.bool_]:
        """Return (count,) True at the rows."""
        found = np.zeros(count, bool)
        found[self.rows] = True
        return found

    def only_errors(self, analysis: Analysis) -> Picked:
        """Return it without what is right by the answers that are shown."""
        found = self.changed
        said = analysis.said if found is None else found.effect.said
        wrong = (said != analysis.truths)[self.rows]
        if wrong.all():
            return self
        return Picked(f"{self.title}, only errors", self.rows[wrong], changed=found)

    @property
    def tried(self) -> Tried:
        """What a report says of it."""
        return Tried(
            self.title, self.rows, self.units.units if self.units else None,
            self.causes.causes if self.causes else None,
            tuple(one.effect for one in self.effects),
        )  # fmt: skip
