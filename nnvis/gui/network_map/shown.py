"""Which boxes of a network are on the map: blocks are one box until they are unfolded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from nnvis.models.graph.network_graph import NetworkGraph

ROOM = 36  # boxes that a map has at first, at most


def first_unfolded(graph: NetworkGraph, room: int = ROOM) -> frozenset[str]:
    """Return the blocks to unfold at first: level by level, as long as it stays a picture."""
    members = Counter(graph.parents.values())
    unfolded: set[str] = set()
    shown, level = members[""], [one.name for one in graph.groups if not one.parent]
    while level:
        shown += sum(members[one] - 1 for one in level)
        if shown > room:
            break
        unfolded |= set(level)
        level = [one.name for one in graph.groups if one.parent in level]
    return frozenset(unfolded)


def shown_as(graph: NetworkGraph, unfolded: Collection[str], name: str) -> str:
    """Return the box that stands for a node or group: itself, or the outermost folded one."""
    box = name
    for one in graph.around(name):
        if one not in unfolded:
            box = one
    return box
