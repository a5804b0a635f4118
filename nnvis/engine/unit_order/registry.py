"""The orders by name; a new one is one function and one line here. No torch."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from typing import Any

from nnvis.engine.protocol.unit_order import BY_NUMBER
from nnvis.plugins import Registry


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a layer's units."""

    name: str
    title: str  # in the menu, after "by"
    help: str
    code: str = ""  # "module:function" of an OrderLook; empty: nothing is to be computed

    def measure(self, look: Any) -> Any:
        """Return (values, text) of every unit of the look; the highest come first.

        Raises:
            UserError: it makes no sense for this network, layer or frame.
        """
        return pkgutil.resolve_name(self.code)(look)


_MEASURES = "nnvis.engine.unit_order.measures"
TELLS = "auc"  # which the window knows of an errors run
ORDERS = Registry(
    "orders",
    Order,
    [
        Order(BY_NUMBER, "number", "As the network numbers them."),
        Order(
            "activation",
            "activation now",
            "The highest value of the unit's map on this frame.",
            f"{_MEASURES}:activation",
        ),
        Order(
            "contribution",
            "contribution to the class",
            "Gradient x activation of the class on top, or of what is pinned to be looked back "
            "from, summed over the unit's map on this frame; those against it come last.",
            f"{_MEASURES}:contribution",
        ),
        Order(
            "change",
            "change",
            "How far the attack, or what is switched off, moves the unit on this frame: the root "
            "of the mean square over its map.",
            f"{_MEASURES}:change",
        ),
        Order(
            "likeness",
            "likeness to the unit",
            "Correlation of the unit's map with that of the selected unit on this frame; where a "
            "unit has one value, the cosine between their weights.",
            f"{_MEASURES}:likeness",
        ),
        Order(
            TELLS,
            "how well it tells",
            "AUC by which the unit tells the pictures selected in Errors (F3) from the others, "
            "the farthest from 0.5 first.",
        ),
    ],
)
