"""The map: no box over another, blocks around their own, every edge drawn from above to below."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest

from nnvis.gui.network_map.layout import MapSizes, lay_out
from nnvis.gui.network_map.ranks import arrange
from nnvis.gui.network_map.shown import first_unfolded, shown_as
from nnvis.models.graph.network_graph import GraphEdge, GraphGroup, GraphNode, NetworkGraph


def drawn_at_random(seed, count=60):
    """Nodes that ran one after the other in blocks within blocks, each reading some before it."""
    rng = random.Random(seed)
    groups, open_, nodes = [], [], [GraphNode("#input", "input", "input", (3, 8, 8))]
    for at in range(count):
        while open_ and rng.random() < 0.2:
            open_.pop()
        if rng.random() < 0.25:
            name = f"{open_[-1]}.b{at}" if open_ else f"b{at}"
            groups.append(GraphGroup(name, "Block", open_[-1] if open_ else ""))
            open_.append(name)
        kind = rng.choice(("layer", "layer", "module", "operation"))
        title = rng.choice(("+", "cat")) if kind == "operation" else "Conv2d"
        nodes.append(GraphNode(f"n{at}", kind, title, (4, 8, 8), open_[-1] if open_ else ""))
    edges = []
    for at in range(1, len(nodes)):
        sources = {at - 1} | {rng.randrange(at) for _ in range(rng.choice((0, 0, 1, 2)))}
        edges += [GraphEdge(nodes[one].name, nodes[at].name, (4, 8, 8)) for one in sources]
    used = {one.group for one in nodes}
    found = NetworkGraph(tuple(nodes), tuple(edges), tuple(groups))
    assert all(any(one in (name, *found.around(name)) for name in used) for one in used)
    return found


def apart(one, other):
    (x, y, w, h), (x2, y2, w2, h2) = one, other
    return x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def holds(outer, inner):
    (x, y, w, h), (x2, y2, w2, h2) = outer, inner
    return x <= x2 and y <= y2 and x2 + w2 <= x + w + 1e-6 and y2 + h2 <= y + h + 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_boxes_lie_apart_and_in_their_blocks_and_every_edge_is_drawn(seed):
    graph = drawn_at_random(seed)
    rng = random.Random(seed)
    unfolded = {one.name for one in graph.groups if rng.random() < 0.7}
    drawn = lay_out(graph, unfolded, MapSizes())
    boxes = {one.name: one for one in drawn.boxes}
    shown = {shown_as(graph, unfolded, one.name) for one in graph.nodes}
    assert shown == {name for name, one in boxes.items() if not one.open}
    for one, other in combinations(boxes.values(), 2):
        if one.name in graph.around(other.name):
            assert holds(one.rect, other.rect)
        elif other.name in graph.around(one.name):
            assert holds(other.rect, one.rect)
        else:
            assert apart(one.rect, other.rect), (one.name, other.name)
    whole = (0, 0, *drawn.size)
    assert all(holds(whole, one.rect) for one in boxes.values())
    drawn_edges = set()
    for line in drawn.lines:
        ys = [y for _, y in line.points]
        assert ys == sorted(ys)
        assert all(0 <= x <= drawn.size[0] for x, _ in line.points)
        drawn_edges |= set(line.edges)
    between = {
        at
        for at, one in enumerate(graph.edges)
        if shown_as(graph, unfolded, one.source) != shown_as(graph, unfolded, one.target)
    }
    assert drawn_edges == between


def test_lines_end_where_the_next_part_begins():
    graph = drawn_at_random(3)
    drawn = lay_out(graph, {one.name for one in graph.groups}, MapSizes())
    boxes = {one.name: one.rect for one in drawn.boxes}
    for at, edge in enumerate(graph.edges):
        parts = sorted(
            (one.points for one in drawn.lines if at in one.edges), key=lambda p: p[0][1]
        )
        x, y, w, h = boxes[edge.source]
        assert x <= parts[0][0][0] <= x + w
        assert parts[0][0][1] == pytest.approx(y + h)
        for one, next_ in pairwise(parts):
            assert one[-1] == pytest.approx(next_[0])
        x, y, w, h = boxes[edge.target]
        assert x <= parts[-1][-1][0] <= x + w
        assert parts[-1][-1][1] == pytest.approx(y)


def test_two_branches_do_not_cross():
    #   0
    #  1 2     given in the wrong order
    #  3 4
    rows = arrange([10.0] * 5, [(0, 1, 0), (0, 2, 0), (1, 4, 0), (2, 3, 0)], 4)
    assert rows.row == [0, 1, 1, 2, 2]
    assert (rows.middle[1] < rows.middle[2]) == (rows.middle[4] < rows.middle[3])
    assert rows.middle[0] == pytest.approx((rows.middle[1] + rows.middle[2]) / 2)


def test_a_long_line_passes_beside_the_boxes_of_the_rows_between():
    rows = arrange([40.0] * 4, [(0, 1, 0), (1, 2, 0), (2, 3, 0), (0, 3, 0)], 6)
    passed = rows.lines[0, 3, 0]
    assert len(passed) == 2
    assert all(abs(x - rows.middle[1 + at]) >= 20 for at, x in enumerate(passed))


def test_blocks_are_unfolded_at_first_as_long_as_it_stays_a_picture():
    graph = drawn_at_random(5, 300)
    unfolded = first_unfolded(graph)
    shown = {shown_as(graph, unfolded, one.name) for one in graph.nodes}
    outermost = {shown_as(graph, (), one.name) for one in graph.nodes}
    assert len(shown) <= max(36, len(outermost))
    small = drawn_at_random(5, 12)
    assert first_unfolded(small) == {one.name for one in small.groups}
