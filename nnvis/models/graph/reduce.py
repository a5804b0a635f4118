"""From every operation of a pass to the boxes that a person wants to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from nnvis.models.graph.network_graph import (
    GraphEdge,
    GraphGroup,
    GraphNode,
    NetworkGraph,
    NodeKind,
)
from nnvis.models.graph.operations import only_moves, operation_title
from nnvis.probe import Flow, FlowCall, FlowStep

ENTRY, EXIT = "#input", "#output"
MOST = 8  # operations in a row, with no module between, of which more are one box

Shape = tuple[int, ...]


def reduce_flow(flow: Flow, listed: Collection[str]) -> NetworkGraph:
    """Return what of `flow` is drawn.

    A call in the list with none of the list in it is a box, whatever it does inside; so is a module
    that is in no list and calls no other. All other calls are groups. Operations between modules
    are boxes, unless they only move or scale numbers, or nothing comes of them.

    Args:
        flow: of one pass.
        listed: the names of the layers that the program shows.
    """
    draft = _Draft()
    draft.read(flow, listed)
    draft.drop_idle()
    draft.gather(MOST)
    return draft.graph(flow.calls, listed)


@dataclass
class _Draft:
    """Boxes by name, in the order in which they began to run, and what they read of each other."""

    nodes: dict[str, GraphNode] = field(default_factory=dict)
    edges: dict[tuple[str, str], Shape] = field(default_factory=dict)

    def read(self, flow: Flow, listed: Collection[str]) -> None:
        boxes = _boxes(flow.calls, listed)
        origins: list[tuple[str, ...]] = []  # of what each step put out: the boxes that made it
        self.nodes[ENTRY] = GraphNode(ENTRY, "input", "input", flow.shape[1:])

        def sources(reads: Iterable[int]) -> dict[str, Shape]:
            names = (name for one in reads for name in ((ENTRY,) if one < 0 else origins[one]))
            return {name: self.nodes[name].shape for name in names}

        for at, step in enumerate(flow.steps):
            found, box = sources(step.reads), boxes.get(step.call)
            if box is None and only_moves(step):
                origins.append(tuple(found))
                continue
            node = _node(flow.calls, at, step, box, listed)
            self.nodes[node.name] = node
            self._join(found, node.name)
            origins.append((node.name,))
        last = sources(flow.result)
        self.nodes[EXIT] = GraphNode(EXIT, "output", "output", next(iter(last.values()), ()))
        self._join(last, EXIT)

    def drop_idle(self) -> None:
        """Leave out operations of which nothing comes: numbers that were only looked at."""
        readers = Counter(source for source, _ in self.edges)
        sources: dict[str, list[str]] = {}
        for source, target in self.edges:
            sources.setdefault(target, []).append(source)
        for node in reversed([*self.nodes.values()]):
            if node.kind == "operation" and not readers[node.name]:
                del self.nodes[node.name]
                readers.subtract(sources.get(node.name, ()))
        self.edges = {
            (source, target): shape
            for (source, target), shape in self.edges.items()
            if target in self.nodes
        }

    def gather(self, most: int) -> None:
        """Make one box of more than `most` operations in a row."""
        into: dict[str, str] = {}
        nodes: dict[str, GraphNode] = {}
        for (group, kind), found in groupby(self.nodes.values(), lambda one: (one.group, one.kind)):
            row = [*found]
            if kind != "operation" or len(row) <= most:
                nodes |= {one.name: one for one in row}
                continue
            first, last = row[0], row[-1]
            titles = ", ".join(dict.fromkeys(one.title for one in row))
            nodes[first.name] = GraphNode(
                first.name, "operations", f"{len(row)} operations", last.shape, group, titles
            )
            into |= {one.name: first.name for one in row}
        edges, self.nodes, self.edges = self.edges, nodes, {}
        for (source, target), shape in edges.items():
            self._join({into.get(source, source): shape}, into.get(target, target))

    def graph(self, calls: Sequence[FlowCall], listed: Collection[str]) -> NetworkGraph:
        """Return the boxes in the groups that are worth it: layers, or more than one box."""
        parents = {one.name: calls[one.inside].name if one.inside >= 0 else "" for one in calls}
        members = Counter(one.group for one in self.nodes.values())
        kept: dict[str, GraphGroup] = {}
        for one in reversed(calls):  # inner ones first
            name = one.name
            if name in self.nodes or not members[name]:
                continue
            if name in listed or members[name] > 1:
                kept[name] = GraphGroup(name, one.kind, parents[name])
                members[parents[name]] += 1
            else:
                members[parents[name]] += members[name]

        def outer(name: str) -> str:
            while name and name not in kept:
                name = parents[name]
            return name

        return NetworkGraph(
            tuple(replace(one, group=outer(one.group)) for one in self.nodes.values()),
            tuple(GraphEdge(*pair, shape) for pair, shape in self.edges.items()),
            tuple(replace(one, parent=outer(one.parent)) for one in reversed(kept.values())),
        )

    def _join(self, sources: dict[str, Shape], target: str) -> None:
        for source, shape in sources.items():
            if source != target:
                self.edges.setdefault((source, target), shape)


def _boxes(calls: Sequence[FlowCall], listed: Collection[str]) -> dict[int, int]:
    """Return for each call the one around it, or itself, that is drawn as one box."""
    holds_listed, calls_others = set[int](), set[int]()
    for number in range(len(calls) - 1, -1, -1):
        one = calls[number]
        calls_others.add(one.inside)
        if one.name in listed or number in holds_listed:
            holds_listed.add(one.inside)
    boxes: dict[int, int] = {}
    for number, one in enumerate(calls):  # outer ones first
        leaf = one.name in listed and number not in holds_listed
        if one.inside in boxes:
            boxes[number] = boxes[one.inside]
        elif leaf or number not in calls_others:
            boxes[number] = number
    return boxes


def _node(
    calls: Sequence[FlowCall], at: int, step: FlowStep, box: int | None, listed: Collection[str]
) -> GraphNode:
    inside = step.call if box is None else calls[box].inside
    group = calls[inside].name if inside >= 0 else ""
    if box is None:
        return GraphNode(
            f"#{at}",
            "operation",
            operation_title(step.operation),
            _without_batch(step.shape),
            group,
        )
    call = calls[box]
    kind: NodeKind = "layer" if call.name in listed else "module"
    return GraphNode(call.name, kind, call.kind, _without_batch(call.shape), group)


def _without_batch(shape: Shape) -> Shape:
    return shape[1:] if len(shape) > 1 and shape[0] == 1 else shape
