"""The connections of a network as values, without tensors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

# A layer of the list; a module that is in no list, since it puts out no maps; an operation between
# modules; many of those; the two ends.
NodeKind = Literal["layer", "module", "operation", "operations", "input", "output"]


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One box. `name` of a layer or module is that of its call, of others a number."""

    name: str
    kind: NodeKind
    title: str  # the class of a module, "+", "cat", ...; of many operations how many
    shape: tuple[int, ...]  # of what it puts out, without the batch
    group: str = ""  # the innermost group that it is in
    detail: str = ""  # which operations many are


@dataclass(frozen=True, slots=True)
class GraphGroup:
    """One call of a module whose inside is drawn: a block."""

    name: str
    title: str  # its class
    parent: str = ""


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """`target` reads what `source` puts out."""

    source: str
    target: str
    shape: tuple[int, ...]  # of that, without the batch


@dataclass(frozen=True)
class NetworkGraph:
    """Nodes in the order in which they ran, which no edge goes against; groups outer first."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    groups: tuple[GraphGroup, ...]

    @cached_property
    def named(self) -> dict[str, GraphNode]:
        """The nodes by name."""
        return {one.name: one for one in self.nodes}

    @cached_property
    def parents(self) -> dict[str, str]:
        """The group around each group and each node, "" for none."""
        inside = {one.name: one.parent for one in self.groups}
        return {**inside, **{one.name: one.group for one in self.nodes if one.name not in inside}}

    def around(self, name: str) -> list[str]:
        """Return the groups that a node or group is in, the innermost first."""
        found = []
        while name := self.parents.get(name, ""):
            found.append(name)
        return found

    def inside(self, group: str) -> set[str]:
        """Return the nodes in a group, and in the groups in it."""
        return self._inside.get(group, set())

    def upstream(self, name: str) -> set[str]:
        """Return all nodes that what a node, or a group, puts out was computed from, and those."""
        found = self._last(name)
        waiting = list(found)
        while waiting:
            for source in self._sources.get(waiting.pop(), ()):
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return found

    def _last(self, name: str) -> set[str]:
        """Return the node, or of a group those whose outputs leave it."""
        inside = self.inside(name)
        if not inside:
            return {name}
        out = {one.source for one in self.edges if one.source in inside}
        return {one.source for one in self.edges if one.target not in inside} & out

    @cached_property
    def _inside(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for one in self.nodes:
            for group in self.around(one.name):
                found.setdefault(group, set()).add(one.name)
        return found

    @cached_property
    def _sources(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in self.edges:
            found.setdefault(one.target, []).append(one.source)
        return found
