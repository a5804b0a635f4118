"""Boxes in rows, from what is read down to what reads it, with few crossings.

Sugiyama's method: rows by the longest path, the order in a row by barycentres, places by least
squares. All lines from one box are one as far as they go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 8
BEND = 10.0  # points that a line which passes a row has there
STRAIGHT = 8.0  # how much more what follows alone on another stays below it

Pair = tuple[int, int]
Line = tuple[int, int, int]  # what is read, what reads it, and which line of the first it is


@dataclass(frozen=True, slots=True)
class Rows:
    """Boxes go by number."""

    row: list[int]  # of each box, from above
    middle: list[float]  # of each box, in points from the left
    lines: dict[Line, list[float]]  # the middle of a line in each row that it passes
    width: float


def arrange(
    widths: Sequence[float],
    lines: Sequence[Line],
    gap: float,
    first: Sequence[int] = (),
    last: Sequence[int] = (),
) -> Rows:
    """Lay boxes out.

    Args:
        widths: of the boxes.
        lines: from boxes down to boxes of higher numbers; those of one source with one number are
            one line as far as they go.
        gap: points between two boxes of a row.
        first: boxes that stand alone in the top row, in this order.
        last: the same for the bottom row.
    """
    row = _rows(len(widths), lines, first, last)
    made = _Bends(list(widths), list(row))
    bends = made.draw(lines)
    order: list[list[int]] = [[] for _ in range(max(made.row, default=-1) + 1)]
    for one, at in enumerate(made.row):
        order[at].append(one)
    held = {0: list(first), len(order) - 1: list(last)}
    for at, names in held.items():
        if names:
            order[at] = names
    above, below = made.neighbours()
    _uncross(order, above, below, {at for at, names in held.items() if names})
    middle = _place(order, made, above, below, gap)
    left = min((middle[one] - made.width[one] / 2 for one in range(len(middle))), default=0.0)
    middle = [one - left for one in middle]
    width = max((middle[one] + made.width[one] / 2 for one in range(len(middle))), default=0.0)
    return Rows(
        row,
        middle[: len(widths)],
        {line: [middle[one] for one in passed] for line, passed in bends.items()},
        width,
    )


def _rows(
    count: int, lines: Sequence[Line], first: Sequence[int], last: Sequence[int]
) -> list[int]:
    top = set(first)
    row = [0 if one in top or not top else 1 for one in range(count)]
    for source, target, _ in sorted(lines):  # by number: what is read has its row by then
        row[target] = max(row[target], row[source] + 1)
    bottom = max((row[one] for one in range(count) if one not in last), default=-1) + 1
    for one in last:
        row[one] = bottom
    return row


@dataclass
class _Bends:
    """Adds to the boxes a place in each row that a line passes."""

    width: list[float]
    row: list[int]

    def draw(self, lines: Sequence[Line]) -> dict[Line, list[int]]:
        self.boxes = len(self.width)
        self.links: list[Pair] = []
        chains: dict[Pair, list[int]] = {}
        passed: dict[Line, list[int]] = {}
        for source, target, number in lines:
            chain = chains.setdefault((source, number), [])
            need = self.row[target] - self.row[source] - 1
            while len(chain) < need:
                self.width.append(BEND)
                self.row.append(self.row[source] + len(chain) + 1)
                self.links.append((chain[-1] if chain else source, len(self.width) - 1))
                chain.append(len(self.width) - 1)
            self.links.append((chain[need - 1] if need else source, target))
            passed[source, target, number] = chain[:need]
        return passed

    def apart(self, one: int, right: int, gap: float) -> float:
        """Return how far the middles of two that stand beside each other are, at least."""
        room = gap / 2 if max(one, right) >= self.boxes else gap
        return (self.width[one] + self.width[right]) / 2 + room

    def neighbours(self) -> tuple[list[list[int]], list[list[int]]]:
        above: list[list[int]] = [[] for _ in self.width]
        below: list[list[int]] = [[] for _ in self.width]
        for source, target in self.links:
            above[target].append(source)
            below[source].append(target)
        return above, below


def _uncross(
    order: list[list[int]], above: list[list[int]], below: list[list[int]], held: set[int]
) -> None:
    """Put each row in the order of what it is joined to, from above and from below in turn."""
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        near = above if down else below
        for at in range(len(order)) if down else range(len(order) - 1, -1, -1):
            other = order[at - 1] if down else order[at + 1] if at + 1 < len(order) else []
            if at in held or (down and at == 0):
                continue
            place = {one: position for position, one in enumerate(other)}
            own = {one: float(position) for position, one in enumerate(order[at])}
            scale = len(other) / max(1, len(order[at]))
            order[at].sort(
                key=lambda one, near=near, place=place, own=own, scale=scale: (  # type: ignore[misc]
                    _mean([place[other] for other in near[one]], own[one] * scale)
                )
            )


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _place(
    order: list[list[int]], made: _Bends, above: list[list[int]], below: list[list[int]], gap: float
) -> list[float]:
    """Bring each near the middle of what it is joined to, none over another."""
    middle = [0.0] * len(made.width)
    for names in order:
        at = 0.0
        for one in names:
            middle[one] = at + made.width[one] / 2
            at += made.width[one] + gap
        for one in names:
            middle[one] -= (at - gap) / 2
    both = [[*one, *other] for one, other in zip(above, below, strict=True)]
    for sweep in range(3 * SWEEPS):
        near = both if sweep >= 2 * SWEEPS else above if sweep % 2 == 0 else below
        for names in order if sweep % 2 == 0 else reversed(order):
            wanted, weights = [], []
            for one in names:
                pulls = [
                    (middle[other], STRAIGHT if _alone(one, other, above, below) else 1.0)
                    for other in near[one]
                ]
                total = sum(weight for _, weight in pulls)
                wanted.append(
                    sum(at * weight for at, weight in pulls) / total if pulls else middle[one]
                )
                weights.append(total or 0.1)
            apart = [0.0]
            for one, next_ in pairwise(names):
                apart.append(apart[-1] + made.apart(one, next_, gap))
            free = [want - offset for want, offset in zip(wanted, apart, strict=True)]
            for one, at, offset in zip(names, _in_order(free, weights), apart, strict=True):
                middle[one] = at + offset
    _straighten(order, made, above, below, gap, middle)
    return middle


def _straighten(
    order: list[list[int]], made: _Bends, above: list[list[int]], below: list[list[int]],
    gap: float, middle: list[float],
) -> None:  # fmt: skip
    """Let what follows alone, one on the other, stand in one line, where there is room."""
    beside: dict[int, tuple[int | None, int | None]] = {}
    for names in order:
        for left, one, right in zip([None, *names], names, [*names[1:], None], strict=False):
            beside[one] = left, right
    begun: set[int] = set()
    for one in (name for names in order for name in names):
        if one in begun:
            continue
        chain = [one]
        while len(below[chain[-1]]) == 1 == len(above[below[chain[-1]][0]]):
            chain.append(below[chain[-1]][0])
        begun |= set(chain)
        low, high = float("-inf"), float("inf")
        for part in chain:
            left, right = beside[part]
            if left is not None:
                low = max(low, middle[left] + made.apart(left, part, gap))
            if right is not None:
                high = min(high, middle[right] - made.apart(part, right, gap))
        if low <= high:
            place = min(high, max(low, sum(middle[part] for part in chain) / len(chain)))
            for part in chain:
                middle[part] = place


def _alone(one: int, other: int, above: list[list[int]], below: list[list[int]]) -> bool:
    """Tell whether the line between two is the only one on its side of both."""
    upper, lower = (one, other) if other in below[one] else (other, one)
    return len(below[upper]) == 1 == len(above[lower])


def _in_order(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the numbers nearest to `wanted` none of which is below the one before.

    By pooling adjacent violators; nearest in the weighted squares.
    """
    pools: list[list[float]] = []  # mean, weight, how many
    for want, weight in zip(wanted, weights, strict=True):
        pools.append([want, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, heavy, count = pools.pop()
            before = pools[-1]
            total = before[1] + heavy
            before[0] = (before[0] * before[1] + mean * heavy) / total
            before[1], before[2] = total, before[2] + count
    return [mean for mean, _, count in pools for _ in range(int(count))]
