"""Where the boxes of the map stand and how the lines between them run, in points at scale 1."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from nnvis.gui.network_map.ranks import Line, Rows, arrange
from nnvis.models.graph.network_graph import GraphEdge, NetworkGraph

Point = tuple[float, float]
Rect = tuple[float, float, float, float]  # left, top, width, height
EDGE = 16.0  # around all


@dataclass(frozen=True, slots=True)
class MapSizes:
    """Points that things take, which follow the size of the words."""

    box: tuple[float, float] = (166.0, 38.0)
    letter: float = 7.0  # the width of one
    line: float = 22.0  # the height of an operation, and of the head of a block
    across: float = 18.0  # between boxes
    down: float = 30.0  # between rows; the shape stands there
    inset: float = 12.0  # of a block, around its boxes


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A layer, an operation, a folded block (`count` of its nodes) or an unfolded one (`open`)."""

    name: str
    rect: Rect
    count: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A part of one or more edges: through one block, from its top to what reads there, say."""

    points: tuple[Point, ...]
    edges: tuple[int, ...]  # of the graph, by number
    arrow: bool  # whether it ends at a box, and not at the edge of a block


@dataclass(frozen=True, slots=True)
class PlacedShape:
    """The words beside a line."""

    at: Point  # the left end of their middle line
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MapLayout:
    """Boxes with the unfolded blocks first, outer before inner."""

    boxes: tuple[PlacedBox, ...]
    lines: tuple[PlacedLine, ...]
    shapes: tuple[PlacedShape, ...]
    size: tuple[float, float]


def lay_out(graph: NetworkGraph, unfolded: Collection[str], sizes: MapSizes) -> MapLayout:
    """Return the map with the blocks in `unfolded` open."""
    inner = _Block(graph, frozenset(unfolded), sizes, "").drawn
    width, height = inner.size
    moved = _moved(inner, EDGE, EDGE)
    return replace(moved, size=(width + 2 * EDGE, height + 2 * EDGE))


@dataclass(frozen=True, slots=True)
class _Ports:
    """Where lines cross the edge of a block: which box outside, or inside, at which place."""

    entries: dict[str, float]  # by what is read, across
    exits: dict[str, float]  # by what is read from outside, a node inside


class _Block:
    """One open block, or the whole network: its boxes, with the open blocks in it."""

    def __init__(
        self, graph: NetworkGraph, unfolded: frozenset[str], sizes: MapSizes, name: str
    ) -> None:
        self._graph, self._sizes, self.name = graph, sizes, name
        self._inside = graph.inside(name) if name else {one.name for one in graph.nodes}
        self._members = _members(graph, name)
        self._blocks = {
            one: _Block(graph, unfolded, sizes, one) for one in self._members if one in unfolded
        }
        self._of = {
            node: member for member in self._members for node in (graph.inside(member) or {member})
        }
        self.ports = _Ports({}, {})
        self.drawn = self._draw()

    def _draw(self) -> MapLayout:
        sizes, graph = self._sizes, self._graph
        # What a line comes from is a node: all lines from one node are one as far as they go.
        entries = dict.fromkeys(
            one.source
            for one in graph.edges
            if one.target in self._inside and one.source not in self._inside
        )
        exits = dict.fromkeys(
            one.source
            for one in graph.edges
            if one.source in self._inside and one.target not in self._inside
        )
        names = [*(f">{one}" for one in entries), *self._members, *(f"<{one}" for one in exits)]
        number = {one: at for at, one in enumerate(names)}
        carried: dict[tuple[str, str, str], list[int]] = {}  # node, box it leaves, box it comes to
        for at, edge in enumerate(graph.edges):
            ends = self._ends(edge)
            if ends is not None and ends[0] != ends[1]:
                carried.setdefault((edge.source, *ends), []).append(at)
        boxes = {one: self._size(one) for one in self._members}
        widths = [boxes[one][0] if one in boxes else 1.0 for one in names]
        tensors = {
            node: at for at, node in enumerate(dict.fromkeys(node for node, _, _ in carried))
        }
        lines_of: dict[tuple[str, str, str], Line] = {
            key: (number[key[1]], number[key[2]], tensors[key[0]]) for key in carried
        }
        rows = arrange(
            widths, sorted(lines_of.values()), sizes.across,
            [number[f">{one}"] for one in entries], [number[f"<{one}"] for one in exits],
        )  # fmt: skip
        tops, heights = self._rows_down(names, boxes, rows.row, bool(entries))
        pad = sizes.inset if self.name else 0.0
        rects = {
            one: (
                rows.middle[number[one]] - boxes[one][0] / 2 + pad,
                tops[rows.row[number[one]]] + (heights[rows.row[number[one]]] - boxes[one][1]) / 2,
                *boxes[one],
            )
            for one in self._members
        }
        width = rows.width + 2 * pad
        height = tops[-1] + heights[-1] + (sizes.inset if self.name and not exits else 0.0)
        if self.name:
            width = max(width, self._head_width())
            spare = (width - rows.width - 2 * pad) / 2
            rects = {one: (x + spare, *rest) for one, (x, *rest) in rects.items()}  # type: ignore[misc]
        else:
            spare = 0.0
        shift = pad + spare
        self.ports = _Ports(
            {one: rows.middle[number[f">{one}"]] + shift for one in entries},
            {one: rows.middle[number[f"<{one}"]] + shift for one in exits},
        )
        lines, shapes = [], []
        leaving: dict[str, set[str]] = {}  # which tensors come out of each box
        for node, start, _ in carried:
            leaving.setdefault(start, set()).add(node)
        arrivals = self._arrivals(lines_of, rects, rows, shift)
        for (node, start, end), edges in carried.items():
            from_x, from_y = self._leaves(node, start, rects)
            points = [(from_x, from_y)]
            for at, x in enumerate(rows.lines[lines_of[node, start, end]]):
                row = rows.row[number[start]] + 1 + at
                points += [(x + shift, tops[row]), (x + shift, tops[row] + heights[row])]
            to_x = arrivals[node, start, end]
            points.append((to_x, rects[end][1] if end in rects else height))
            lines.append(PlacedLine(tuple(points), tuple(edges), end in rects))
            if start in rects and start not in self._blocks and leaving[start] == {node}:
                leaving[start] = set()  # written once; of several it would not be clear which
                shape = graph.edges[edges[0]].shape
                shapes.append(PlacedShape((from_x + 5, from_y + sizes.down / 2 - 3), shape))
        return self._whole(rects, lines, shapes, (width, height))

    def _whole(
        self, rects: dict[str, Rect], lines: list[PlacedLine], shapes: list[PlacedShape],
        size: Point,
    ) -> MapLayout:  # fmt: skip
        boxes: list[PlacedBox] = []
        for one, rect in rects.items():
            open_ = one in self._blocks
            count = 0 if open_ else len(self._graph.inside(one))
            boxes.append(PlacedBox(one, rect, count, open_))
        for one, block in self._blocks.items():
            part = _moved(block.drawn, rects[one][0], rects[one][1])
            boxes += part.boxes
            lines += part.lines
            shapes += part.shapes
        boxes.sort(key=lambda one: not one.open)
        return MapLayout(tuple(boxes), tuple(lines), tuple(shapes), size)

    def _ends(self, edge: GraphEdge) -> tuple[str, str] | None:
        """Return between which boxes, or places at the edge, an edge runs here."""
        here = edge.source in self._inside, edge.target in self._inside
        if not any(here):
            return None
        start = self._of[edge.source] if here[0] else f">{edge.source}"
        end = self._of[edge.target] if here[1] else f"<{edge.source}"
        return start, end

    def _rows_down(
        self, names: Sequence[str], boxes: dict[str, Point], row: Sequence[int], entered: bool
    ) -> tuple[list[float], list[float]]:
        """Return the top of each row and its height."""
        heights = [0.0] * (max(row, default=0) + 1)
        for name, at in zip(names, row, strict=True):
            heights[at] = max(heights[at], boxes[name][1] if name in boxes else 0.0)
        tops, y = [], (self._sizes.line if self.name and not entered else 0.0)
        for at, height in enumerate(heights):
            tops.append(y)
            y += height + self._sizes.down
            if not at and self.name:
                y += self._sizes.line - self._sizes.down / 2 if entered else 0.0
        return tops, heights

    def _size(self, name: str) -> Point:
        if name in self._blocks:
            return self._blocks[name].drawn.size
        sizes = self._sizes
        node = self._graph.named.get(name)
        if node is not None and node.kind not in ("layer", "module"):
            wide = sizes.letter * len(node.title) + 14
            return (max(sizes.line, wide if len(node.title) > 1 else 0.0), sizes.line)
        return sizes.box

    def _head_width(self) -> float:
        return min(self._sizes.box[0], self._sizes.letter * (len(self.name) + 4))

    def _leaves(self, node: str, start: str, rects: dict[str, Rect]) -> Point:
        if start not in rects:  # from the edge of this block
            return self.ports.entries[node], 0.0
        x, y, width, height = rects[start]
        block = self._blocks.get(start)
        return x + (block.ports.exits[node] if block else width / 2), y + height

    def _arrivals(
        self, lines: dict[tuple[str, str, str], Line], rects: dict[str, Rect], rows: Rows,
        shift: float,
    ) -> dict[tuple[str, str, str], float]:  # fmt: skip
        """Return where each line comes to its box: beside each other, from the left."""
        found: dict[tuple[str, str, str], float] = {}
        coming: dict[str, list[tuple[float, tuple[str, str, str]]]] = {}
        for key, line in lines.items():
            node, start, end = key
            if end not in rects:
                found[key] = self.ports.exits[node]
                continue
            block = self._blocks.get(end)
            if block is not None:
                found[key] = rects[end][0] + block.ports.entries[node]
                continue
            bends = rows.lines[line]
            from_x = bends[-1] + shift if bends else self._leaves(node, start, rects)[0]
            coming.setdefault(end, []).append((from_x, key))
        for end, keys in coming.items():
            x, _, width, _ = rects[end]
            step = min(12.0, 0.7 * width / max(1, len(keys)))
            for at, (_, key) in enumerate(sorted(keys)):
                found[key] = x + width / 2 + step * (at - (len(keys) - 1) / 2)
        return found


def _members(graph: NetworkGraph, group: str) -> list[str]:
    """Return what is directly in a group, in the order in which it ran."""
    found: dict[str, None] = {}
    for one in graph.nodes:
        chain = [one.name, *graph.around(one.name)]
        if not group:
            found.setdefault(chain[-1])
        elif group in chain[1:]:
            found.setdefault(chain[chain.index(group) - 1])
    return list(found)


def _moved(drawn: MapLayout, x: float, y: float) -> MapLayout:
    return MapLayout(
        tuple(
            replace(one, rect=(one.rect[0] + x, one.rect[1] + y, *one.rect[2:]))
            for one in drawn.boxes
        ),
        tuple(
            replace(one, points=tuple((px + x, py + y) for px, py in one.points))
            for one in drawn.lines
        ),
        tuple(replace(one, at=(one.at[0] + x, one.at[1] + y)) for one in drawn.shapes),
        drawn.size,
    )
