"""The page of the lens about the units that a unit is most connected with."""

from __future__ import annotations

from nnvis.engine.lens.context import Cadence, LensContext
from nnvis.engine.protocol.observations import ConnectedLayer, Connections
from nnvis.views.connections import ConnectedUnits, linked_after, linked_before

RENEW_S = 0.5
MOST = 8


class ConnectionsPage:
    """Of the newest frame for which there was time."""

    def __init__(self) -> None:
        self._pace = Cadence(RENEW_S)
        self._found: Connections | None = None

    def observe(self, context: LensContext) -> Connections | None:
        """Find the links anew, some times a second at most.

        Raises:
            UserError: the unit cannot be followed.
        """
        if self._found is None or (context.new and self._pace.due):
            with self._pace.work():
                x, name, unit = context.model.tensor(context.fed), context.layer.name, context.unit
                self._found = Connections(
                    _side(linked_before(context.model, x, name, unit)),
                    _side(linked_after(context.model, x, name, unit)),
                    context.frame.index,
                )
        return self._found


def _side(linked: ConnectedUnits | None) -> ConnectedLayer | None:
    if linked is None:
        return None
    shares = linked.shares.float().nan_to_num(0, 0, 0).cpu()
    count = int((shares != 0).sum())
    order = shares.abs().argsort(descending=True)[: min(MOST, count)].tolist()
    links = tuple((at, float(shares[at])) for at in order)
    return ConnectedLayer(linked.layer, links, count - len(links))
