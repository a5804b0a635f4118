"""Where the arrow keys go on the map: along the lines, and from branch to branch."""

from __future__ import annotations

from collections.abc import Collection

from nnvis.gui.network_map.layout import MapLayout, PlacedBox
from nnvis.gui.network_map.shown import shown_as
from nnvis.models.graph.network_graph import NetworkGraph


def along(
    graph: NetworkGraph, unfolded: Collection[str], chosen: str, stops: Collection[str], down: bool
) -> str:
    """Return the next box along the lines that one can stop at; "" where there is none.

    Args:
        graph: of the network.
        unfolded: the open blocks.
        chosen: a layer, or a block.
        stops: the boxes that can be selected.
        down: to what reads it, else to what it reads.
    """
    order = {one.name: at for at, one in enumerate(graph.nodes)}
    inside = graph.inside(chosen) or {chosen}
    seen, waiting = set(inside), [*inside]
    found: dict[str, int] = {}
    while waiting:
        names = set(waiting)
        waiting = []
        for edge in graph.edges:
            one, other = (edge.source, edge.target) if down else (edge.target, edge.source)
            if one in names and other not in seen:
                seen.add(other)
                box = shown_as(graph, unfolded, other)
                if box in stops:
                    found.setdefault(box, order[other])
                else:
                    waiting.append(other)
    if not found:
        return ""
    return min(found, key=lambda one: found[one] if down else -found[one])


def aside(layout: MapLayout, chosen: str, stops: Collection[str], step: int) -> str:
    """Return the nearest box to the left (-1) or right (1) that stands as high; "" for none."""
    boxes = {one.name: one for one in layout.boxes}
    if chosen not in boxes:
        return ""
    x, y, width, height = boxes[chosen].rect

    def away(box: PlacedBox) -> float:
        left, top, wide, high = box.rect
        return abs(left + wide / 2 - x - width / 2) + 2 * abs(top + high / 2 - y - height / 2)

    beside = [
        one
        for one in layout.boxes
        if one.name in stops and one.name != chosen and not one.open
        and (one.rect[0] - x) * step > 0
        and one.rect[1] < y + 3 * height and one.rect[1] + one.rect[3] > y - 2 * height
    ]  # fmt: skip
    return min(beside, key=away).name if beside else ""
