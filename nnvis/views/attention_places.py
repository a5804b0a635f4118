"""Where the queries and keys of an attention are in the picture, by what moves when it changes.

A partition (windows, far cells, mask units, pooled tokens) is not read off a network's code: each
way to lay out as many tokens is tried, and believed where the tokens move with the cells of a layer
whose places are known, clearly better so than in any other way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn import functional

from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import attention_inputs, listen
from nnvis.views.layout import as_maps

SIDES = (5, 9, 14, 27)  # patches across, half of which are changed in a draw
DRAWS = 4  # for each of them
WEAK = 0.2  # length of the change
AGREE = 0.4  # correlation with the cells from which tokens may be theirs
CLEAR = 0.1  # by which no other way may come near it
EXACT = 0.05  # and by which tokens must go with their own cells more than with the next ones
MIXED = 16  # random sums of a layer's units, in which a change is seen
BEFORE, AFTER = 8, 4  # layers about an attention whose cells are compared with

Grid = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class TokenPlaces:
    """At which token each cell of a grid stands; tokens are (windows,tokens)."""

    window: Tensor  # (h,w) long
    token: Tensor  # (h,w) long
    prefix: int = 0  # class and register tokens, before the others
    within: str = ""  # among which tokens they are, in a few words; empty: all

    @property
    def grid(self) -> Grid:
        """Height and width."""
        return int(self.window.shape[0]), int(self.window.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class AttentionPlaces:
    """Of one attention; None: not known."""

    heads_first: bool = False  # its weights are (heads,windows,...), and not the other way
    queries: TokenPlaces | None = None
    keys: TokenPlaces | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """What one pass showed."""

    inputs: list[tuple[Tensor, Tensor]]  # queries and keys of each attention
    reached: list[int]  # how many of `maps` were there before each
    maps: dict[str, Tensor]  # (MIXED,h,w) of each layer, in order


_KNOWN: WeakKeyDictionary[VisionModel, list[AttentionPlaces]] = WeakKeyDictionary()


def attention_places(model: VisionModel, x: Tensor) -> list[AttentionPlaces]:
    """Return the places of every attention of a pass, in order; measured once for a network.

    Args:
        model: owned by the calling thread.
        x: (N,C,H,W) in [0,1], of which the first is changed.
    """
    if model not in _KNOWN:
        _KNOWN[model] = _measured(model, x[:1])
    return _KNOWN[model]


def by_windows(tensor: Tensor, heads_first: bool) -> Tensor:
    """(...,a,b,T,D) of one picture -> (windows,heads,T,D)."""
    lead = (1, *tensor.shape[:-2])[-2:]
    four = tensor.reshape(-1, *lead, *tensor.shape[-2:])[0]
    return four.transpose(0, 1) if heads_first else four


def _measured(model: VisionModel, x: Tensor) -> list[AttentionPlaces]:
    layers = [one for one in model.layers if one.placed and min(one.map_shape) > 1]
    before = _pass(model, x, layers)
    noise = torch.rand(x.shape, generator=torch.Generator().manual_seed(0)).to(x) - 0.5
    die = torch.Generator().manual_seed(1)
    cells: dict[str, list[Tensor]] = {name: [] for name in before.maps}
    tokens: list[tuple[list[Tensor], list[Tensor]]] = [([], []) for _ in before.inputs]
    for side in SIDES * DRAWS:
        drawn = torch.rand(1, 1, side, side, generator=die)
        mask = functional.interpolate((drawn > 0.5).float(), x.shape[2:], mode="nearest-exact")
        after = _pass(model, (x + WEAK * noise * mask.to(x)).clamp(0, 1), layers)
        if len(after.inputs) != len(before.inputs) or [*after.maps] != [*before.maps]:
            return []  # which way it takes hangs on the picture
        for name, maps in after.maps.items():
            cells[name].append((maps - before.maps[name]).square().sum(0).sqrt())
        for kept, old, new in zip(tokens, before.inputs, after.inputs, strict=True):
            for side_of, one, other in zip(kept, old, new, strict=True):
                side_of.append((other - one).square().sum(-1))
    about = {one.name: one for one in layers}
    moved = [(about[name], torch.stack(own)) for name, own in cells.items()]
    orders = {(one.map_shape, one.order) for one in layers if one.order}
    prefixes = sorted({0, *(one.prefix for one in layers)})
    return [
        _placed(
            torch.stack(kept[0]), torch.stack(kept[1]),
            [*moved[max(0, at - BEFORE) : at], *moved[at : at + AFTER]], orders, prefixes,
        )
        for kept, at in zip(tokens, before.reached, strict=True)
    ]  # fmt: skip


def _pass(model: VisionModel, x: Tensor, layers: Sequence[LayerInfo]) -> _Pass:
    infos = {one.name: one for one in layers}
    seen = _Pass([], [], {})

    def hear(name: str, output: Tensor) -> None:
        while len(seen.reached) < len(found):
            seen.reached.append(len(seen.maps))
        maps = as_maps(output[:1].detach(), infos[name])[0].float()
        seen.maps[name] = torch.tensordot(_mixture(len(maps)).to(maps), maps, 1).cpu()

    with attention_inputs() as found, torch.enable_grad(), listen(model, infos, hear):
        model(x.detach().requires_grad_())
    seen.reached.extend([len(seen.maps)] * (len(found) - len(seen.reached)))
    seen.inputs.extend((one.float().cpu(), other.float().cpu()) for one, other in found)
    return seen


@lru_cache(maxsize=64)
def _mixture(units: int) -> Tensor:
    return torch.randn(MIXED, units, generator=torch.Generator().manual_seed(units))


def _placed(
    queries: Tensor,
    keys: Tensor,
    near: Sequence[tuple[LayerInfo, Tensor]],
    orders: set[tuple[Grid, tuple[int, ...]]],
    prefixes: Sequence[int],
) -> AttentionPlaces:
    """(draws,...,T) squared moves of queries and keys -> where they are."""
    for heads_first in (False, True):
        sides = [
            by_windows(one.movedim(0, -1), heads_first).sum(1).permute(2, 0, 1).sqrt()
            for one in (queries, keys)
        ]  # (draws,windows,T)
        asking, keyed = (_side(one, near, orders, prefixes) for one in sides)
        if keyed is not None:
            together = asking is not None and _together(asking, keyed)
            return AttentionPlaces(heads_first, asking if together else None, keyed)
    return AttentionPlaces()


def _together(queries: TokenPlaces, keys: TokenPlaces) -> bool:
    """Whether both are parted in the same windows: those of all windows may ask as one."""
    enlarged = functional.interpolate(
        queries.window[None, None].float(), keys.grid, mode="nearest-exact"
    )[0, 0]
    return torch.equal(enlarged.long(), keys.window)


def _side(
    moved: Tensor,
    near: Sequence[tuple[LayerInfo, Tensor]],
    orders: set[tuple[Grid, tuple[int, ...]]],
    prefixes: Sequence[int],
) -> TokenPlaces | None:
    """(draws,windows,T) -> their places, if one way fits much better than the others."""
    by_grid: dict[Grid, list[Tensor]] = {}
    for layer, cells in near:
        by_grid.setdefault(layer.map_shape, []).append(cells)
    told: list[tuple[float, TokenPlaces]] = []
    for grid, references in by_grid.items():
        own = [order for shape, order in orders if shape == grid]
        orders_of = [tuple(range(grid[0] * grid[1])), *own]
        told += [
            (_agreement(moved, one, references), one)
            for one in _ways(moved.shape[1], moved.shape[2], grid, orders_of, prefixes)
        ]
    if not told:
        return None
    told.sort(key=lambda one: -one[0])
    (best, way), *others = told
    height, width = way.grid
    references = by_grid[way.grid]
    for moves in ((0, width // 2), (height // 2, 0), (height // 2, width // 2)):
        window, token = (one.roll(moves, (0, 1)) for one in (way.window, way.token))
        turned = replace(way, window=window, token=token)
        others.append((_agreement(moved, turned, references), turned))
    second = max((score for score, one in others if not _same(one, way)), default=-1.0)
    if best < AGREE or best < second + CLEAR or _exact(moved, way, references) < EXACT:
        return None
    return way


def _same(one: TokenPlaces, other: TokenPlaces) -> bool:
    return torch.equal(one.window, other.window) and torch.equal(one.token, other.token)


def _agreement(moved: Tensor, way: TokenPlaces, references: Sequence[Tensor]) -> float:
    """Return how well the tokens move with the cells of a layer, of the one that fits best."""
    own = _beside(moved[:, way.window, way.token].flatten(1))
    return max(float((own * _beside(cells.flatten(1))).sum(0).mean()) for cells in references)


def _exact(moved: Tensor, way: TokenPlaces, references: Sequence[Tensor]) -> float:
    """Return by how much more the tokens move with their own cells than with those beside them.

    Tokens that are exchanged within a small part of the picture do so with any of its cells alike.
    """
    own = _beside(moved[:, way.window, way.token].flatten(1)).unflatten(1, way.grid)
    found = []
    for reference in references:
        cells = _beside(reference.flatten(1)).unflatten(1, way.grid)
        there, *near = (
            float((own * cells.roll(moves, (1, 2))).sum(0).mean())
            for moves in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
        )
        found.append(there - max(near))
    return max(found)


def _beside(moved: Tensor) -> Tensor:
    """(draws,cells) -> the same beside all cells and all draws, of length 1 for each cell."""
    moved = moved / moved.mean(1, keepdim=True).clamp(min=1e-30)
    moved = moved - moved.mean(0)
    length: Tensor = torch.linalg.vector_norm(moved, dim=0)
    return moved / length.clamp(min=1e-9)


def _ways(
    windows: int,
    count: int,
    grid: Grid,
    orders: Sequence[tuple[int, ...]],
    prefixes: Sequence[int],
) -> Iterator[TokenPlaces]:
    """Yield the ways in which (windows,count) tokens may stand on a grid."""
    height, width = grid
    rows = torch.arange(height)[:, None].expand(height, width)
    columns = torch.arange(width)[None].expand(height, width)
    if windows == 1:
        for prefix in prefixes:
            if count - prefix == height * width:
                for order in orders:
                    at = torch.tensor(order).view(height, width) + prefix
                    yield TokenPlaces(torch.zeros_like(at), at, prefix)
        return
    if height * width == windows * count:
        for order in orders:
            at = torch.tensor(order).view(height, width)
            kind = f"its unit of {count} tokens"
            yield TokenPlaces(at // count, at % count, within=kind)
            yield TokenPlaces(at % windows, at // windows, within=kind)
    for high in (one for one in range(1, count + 1) if count % one == 0):
        wide = count // high
        down, across = -(-height // high), -(-width // wide)
        if down * across != windows:
            continue
        text = f"its window of {high}\N{MULTIPLICATION SIGN}{wide}"
        for part in (0, 2):
            moves = [
                side // part if part and side < whole else 0
                for side, whole in ((high, height), (wide, width))
            ]
            if part and not any(moves):
                continue
            lower = (rows - moves[0]) % (down * high)
            right = (columns - moves[1]) % (across * wide)
            yield TokenPlaces(
                lower // high * across + right // wide, lower % high * wide + right % wide,
                within=f"{text}, shifted by {max(moves)}" if part else text,
            )  # fmt: skip
        if height == down * high and width == across * wide:
            yield TokenPlaces(
                rows % down * across + columns % across, rows // down * wide + columns // across,
                within=f"{high}\N{MULTIPLICATION SIGN}{wide} cells, {down} apart",
            )  # fmt: skip
