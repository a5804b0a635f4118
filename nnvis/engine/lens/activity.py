"""The page of the lens about what a unit put out, and which cells and units are dead."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from nnvis.engine.lens.context import Cadence, LensContext
from nnvis.engine.protocol.observations import Activity
from nnvis.views.dead_units import DeadUnits

SPAN = 100  # frames
MOST_VALUES = 1 << 19  # of the unit, kept for the histogram; of large maps fewer frames
BINS = 48
RENEW_S = 0.2


class ActivityPage:
    """Keeps the unit's last maps, and of every cell of the layer when it was last not zero."""

    def __init__(self) -> None:
        self._maps: deque[NDArray[np.float32]] = deque()
        self._alive = DeadUnits(SPAN)
        self._pace = Cadence(RENEW_S)
        self._found: Activity | None = None

    def observe(self, context: LensContext) -> Activity | None:
        """Take in a look; the answer is renewed some times a second."""
        if context.new:
            own = context.maps[context.unit].float().cpu().numpy().ravel()
            self._maps.append(own)
            most = max(1, min(SPAN, MOST_VALUES // max(1, own.size)))
            while len(self._maps) > most:
                self._maps.popleft()
            self._alive.add(context.maps)
        if self._maps and (self._pace.due or self._found is None):
            with self._pace.work():
                self._found = self._count(context.unit)
        return self._found

    def _count(self, unit: int) -> Activity:
        values = np.concatenate(self._maps)
        finite = values[np.isfinite(values)].astype(np.float64)
        counts, edges = np.histogram(finite[finite != 0], BINS, _span(finite))
        dead = self._alive.dead()
        units = dead.flatten(1).all(1).nonzero().flatten()
        return Activity(
            frames=len(self._maps),
            edges=edges,
            counts=counts.astype(np.int64),
            zeros=int((finite == 0).sum()),
            bad=values.size - finite.size,
            mean=float(finite.mean()) if finite.size else 0.0,
            deviation=float(finite.std()) if finite.size else 0.0,
            looked=self._alive.frames,
            dead_cells=float(dead[unit].float().mean()),
            dead_units=units.cpu().numpy(),
            units=len(dead),
        )


def _span(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return what the histogram reaches over: the values, and zero."""
    low, high = min(0.0, values.min(initial=0.0)), max(0.0, values.max(initial=0.0))
    return (low, high) if high > low else (0.0, 1.0)
