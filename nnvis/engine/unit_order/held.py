"""Orders that were asked for once and are held, so that tiles stay where they are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.unit_order import (
    BY_NUMBER,
    GivenOrder,
    OrderedFrame,
    OrderRequest,
    ShownOrder,
)
from nnvis.engine.unit_order.measures import OrderLook
from nnvis.engine.unit_order.registry import ORDERS
from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.sources.frame import Frame

KEPT = 64  # layers and orders to which one may come back
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlacedOrder:
    """An order, and its units on the device."""

    shown: ShownOrder
    index: Tensor  # (tiles,) int64


@dataclass(frozen=True, slots=True, eq=False)
class _Ranking:
    units: np.ndarray[tuple[int], np.dtype[np.int64]]  # (units,) all of them
    values: np.ndarray[tuple[int], np.dtype[np.float32]]
    text: str
    of: OrderedFrame | None = None
    network: Key = ()  # how that was fed and changed
    found: bool = True  # False: it could not be had, and may be with another request


class HeldOrders:
    """One for each question; another frame is none."""

    def __init__(self) -> None:
        self._rankings: OrderedDict[Key, _Ranking] = OrderedDict()
        self._placed: tuple[object, PlacedOrder] | None = None

    def place(
        self, request: Request, layer: LayerInfo, frame: Frame, look: Callable[[], OrderLook]
    ) -> PlacedOrder | None:
        """Return where the units of `layer` lie; None: by their numbers, all of them.

        Args:
            request: what is asked.
            layer: whose units.
            frame: what is looked at.
            look: what the order is found by, if it is to be found.
        """
        asked = request.order
        if asked.plain:
            return None
        given = asked.given if asked.given and _is_of(asked.given, layer) else None
        key: Key = (frame.source, layer.name, given or _question(request))
        ranking = self._rankings.get(key)
        if ranking is None:
            ranking = _given(request, layer) if given else self._find(request, layer, look, frame)
            if ranking.found:
                self._rankings[key] = ranking
                while len(self._rankings) > KEPT:
                    self._rankings.popitem(last=False)
        changed = bool(ranking.network) and ranking.network != _network(request)
        held = (ranking, asked.most, asked.by, changed)
        if self._placed is None or self._placed[0] != held:
            placed = _placed(ranking, asked, look().x.device, changed=changed)
            self._placed = held, placed
        return self._placed[1]

    def _find(
        self, request: Request, layer: LayerInfo, look: Callable[[], OrderLook], frame: Frame
    ) -> _Ranking:
        by = request.order.by if request.order.by in ORDERS else BY_NUMBER
        numbers = np.arange(layer.units)
        nothing = np.full(layer.units, np.nan, np.float32)
        if not ORDERS[by].code:
            why = "" if by == BY_NUMBER else f"nothing is known of {layer.name} in Errors (F3)"
            return _Ranking(numbers, nothing, f"by number: {why}" if why else "by number")
        try:
            values, text = ORDERS[by].measure(look())
        except UserError as error:
            return _Ranking(numbers, nothing, f"by number: {error.in_window}", found=False)
        values = values.detach().float().cpu()
        last = torch.where(values.isnan(), -torch.inf, values)
        units = last.argsort(descending=True, stable=True).numpy()
        of = OrderedFrame.of(frame)
        return _Ranking(units, values.numpy()[units], text, of, _network(request))


def _question(request: Request) -> Key:
    """Return what makes another order of it: never a frame, nor the selection of now."""
    asked, looked = request.order, request.attribution
    pinned = looked is not None and looked.pinned
    changed = (request.attack is not None, request.ablation.units, request.ablation.concepts)
    return (
        asked.by,
        asked.asked,
        (asked.layer, asked.unit) if asked.by == "likeness" else (),
        (looked.layer, looked.unit) if pinned and looked and asked.by == "contribution" else (),
        changed if asked.by == "change" else (),
    )


def _network(request: Request) -> Key:
    """Return how the network is fed and changed: with the same frame it makes the same order."""
    return (request.fit, request.ablation.units, request.ablation.concepts)


def _is_of(given: GivenOrder, layer: LayerInfo) -> bool:
    """Whether it has any unit of `layer`: one of another network may have none."""
    return given.layer == layer.name and any(0 <= one < layer.units for one in given.units)


def _given(request: Request, layer: LayerInfo) -> _Ranking:
    """Take an order as it came; what the layer does not have is left out."""
    given = request.order.given
    assert given is not None
    values = given.values if len(given.values) == len(given.units) else (np.nan,) * len(given.units)
    kept = {
        unit: value
        for unit, value in zip(given.units, values, strict=True)
        if 0 <= unit < layer.units
    }
    return _Ranking(
        np.array(list(kept), np.int64),
        np.array(list(kept.values()), np.float32),
        given.text,
        given.of,
    )


def _placed(
    ranking: _Ranking, asked: OrderRequest, device: torch.device, *, changed: bool
) -> PlacedOrder:
    count = min(asked.most or len(ranking.units), len(ranking.units))
    units = np.ascontiguousarray(ranking.units[:count])
    values = ranking.values[:count]
    shown = ShownOrder(asked.by, units, values, ranking.text, ranking.of, changed)
    return PlacedOrder(shown, torch.from_numpy(units).to(device))
