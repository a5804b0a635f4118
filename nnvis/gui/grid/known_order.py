"""Orders that need no look: how well units tell pictures apart, as Errors found it."""

from __future__ import annotations

from nnvis.engine.errors.answers import RankedUnits
from nnvis.engine.protocol.unit_order import GivenOrder
from nnvis.engine.unit_order.registry import TELLS
from nnvis.gui.state.context import Context


class KnownOrder:
    """Remembers what was ranked last."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found: RankedUnits | None = None
        self._weights = self._title = ""
        context.units_ranked.connect(self._ranked)

    def given(self, by: str) -> GivenOrder | None:
        """Return the order of the selected layer where it is known, else None."""
        view_state, found = self._context.controller.view_state, self._found
        info, layer = view_state.info, view_state.request.layer
        if by != TELLS or found is None or info is None or info.weights_hash != self._weights:
            return None
        known = [one for one in found.units.ranked if one.layer == layer]
        known.sort(key=lambda one: -abs(one.auc - 0.5))
        if not known:
            return None
        return GivenOrder(
            layer,
            tuple(one.unit for one in known),
            tuple(one.auc for one in known),
            f"AUC, held out, of telling {self._title}",
        )

    def _ranked(self, found: RankedUnits, title: str, weights: str) -> None:
        self._found, self._title, self._weights = found, title, weights
