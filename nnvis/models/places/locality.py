"""Whether a layer's cells are where they are drawn: a changed patch must change its own cell most.

Pictures with half of their patches changed, a different half each time, give every place a code;
a cell answers with the code of what it sees. Cells that answer with those of other places are put
where they belong, or, where no order is found, are not laid over the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

import torch
from torch import Tensor

from nnvis.models.info import LayerInfo
from nnvis.models.layers import to_maps
from nnvis.probe import listen, movers, network_of

CODES = 6  # halves of the patches that are changed, to tell right from wrong
AGREE = 0.25  # correlation of a layer's answers with the codes of its places, on average
LOUD = 0.05  # spread of its answers, below which a cell sees all of the picture alike
OWN = 0.3  # spread of a cell that sees mostly its own place: mixtures have no order
LOCAL = 0.6  # spread of a cell that sees little but its own place
KEPT = 64  # random mixtures of the units are enough to see a change
WEAK = 0.2  # length of the change
DRAWS = 64  # of the change, at most; Hiera's needs 36 with some random weights
FIRST = 5  # layers of one grid that are asked for their order
FOLLOWS = 0.8  # correlation with the cells of a map from which tokens stand where they do,
APART = 0.3  # and by which none of the next cells may come near it

Run = Callable[[Tensor], object]
Answers = dict[str, list[Tensor]]  # by layer: for every picture the (h,w) change of each cell


def place_layers(
    network: torch.nn.Module, run: Run, x: Tensor, layers: Sequence[LayerInfo]
) -> tuple[LayerInfo, ...]:
    """Return `layers`, each with the order of its cells, or marked as having no places.

    Layers that mix all of the picture (attention, before it is added to what it came from) tell
    nothing of their own: their cells are where those of the layers around them are.

    Args:
        network: whose layers they are.
        run: a pass over (1,C,H,W) as the network takes it.
        x: such a picture.
        layers: of a dry run.
    """
    aspect = x.shape[2] / x.shape[3]
    layers = [_listed(one, aspect) for one in _attention(network, layers)]
    asked = [one for one in layers if max(one.map_shape) > 1 and one.placed]
    with torch.no_grad(), movers() as moving:
        run(x)
    if not asked or not moving:
        return tuple(layers)  # of convolutions: nothing puts their cells elsewhere
    side = min(8, max(2, min(min(one.map_shape) for one in asked)))
    drawn = torch.rand(CODES, side, side, generator=torch.Generator().manual_seed(0))
    codes = [one > one.median() for one in drawn]
    answers = _answers(network, run, x, asked, codes)
    orders: dict[str, tuple[int, ...]] = {
        one.name: () for one in asked if _agreement(answers[one.name], codes, one) >= AGREE
    }
    loud = [one for one in asked if one.name in orders or _spread(answers[one.name]) >= LOUD]
    # Maps, whose order is not asked for, are elsewhere only where each cell is sure of it.
    sure = [
        one
        for one in loud
        if one.layout == "tokens"
        or (_spread(answers[one.name]) >= LOCAL and not _wide(network, one))
    ]
    strange = [one for one in sure if one.name not in orders and _strange(one, loud, orders)]
    orders.update(dict.fromkeys(_followers(asked, strange, answers, orders), ()))
    strange = [one for one in strange if one.name not in orders]
    found = _orders(
        network, run, x,
        [one for one in strange if one.layout == "tokens" and _spread(answers[one.name]) >= OWN],
    )  # fmt: skip
    for layer in strange:
        order = found.get(layer.map_shape, ())
        if order and _agreement(answers[layer.name], codes, replace(layer, order=order)) >= AGREE:
            orders[layer.name] = order
    unsure = [one for one in asked if one.layout != "tokens" and one not in strange]
    return tuple(one if one in unsure else _placed(one, asked, loud, orders) for one in layers)


def _attention(network: torch.nn.Module, layers: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Mark what is queries by keys: square, with as many of each as there are tokens or cells."""
    counts = {
        (height * width + prefix)
        for one in layers
        for height, width in [one.map_shape]
        for prefix in {0, one.prefix}
    }
    maps = {one.map_shape for one in layers if _wide(network, one)}

    def is_attention(one: LayerInfo) -> bool:
        height, width = one.map_shape
        square = len(one.shape) == 3 and height == width > 1
        if not square or one.layout == "tokens":
            return False
        return one.kind == "Softmax" or (width in counts and one.map_shape not in maps)

    return [
        replace(one, placed=False, axes=("queries", "keys")) if is_attention(one) else one
        for one in layers
    ]


def _wide(network: torch.nn.Module, layer: LayerInfo) -> bool:
    """Whether a kernel runs over its places, which those of attention have not."""
    if layer.family == "pool":
        return True
    module = network_of(network).get_submodule(layer.name.partition("@")[0])
    return layer.family == "conv" and max(getattr(module, "kernel_size", (1,))) > 1


def _listed(layer: LayerInfo, aspect: float) -> LayerInfo:
    """Mark what is no grid of the picture: boxes, pooled tokens, channels, pixels by patches.

    `aspect` is height over width of the input. One row or one column of maps is a strip of it.
    """
    if len(layer.shape) == 4 and max(layer.shape[2:]) == 1 and layer.map_shape != (1, 1):
        return replace(layer, placed=False, axes=("channels", "values"))
    height, width = layer.map_shape
    unlike = abs(height - width * aspect) > max(1.5, 0.1 * height)
    if layer.layout == "maps" and len(layer.shape) > 2 and min(height, width) > 1 and unlike:
        return replace(layer, placed=False)
    if len(layer.shape) != 2 or layer.map_shape[0] > 1 or layer.map_shape[1] == 1:
        return layer
    kind = "tokens" if layer.layout == "tokens" else "values"
    return replace(layer, placed=False, axes=("one row", kind))


def _strange(
    layer: LayerInfo, loud: Sequence[LayerInfo], orders: dict[str, tuple[int, ...]]
) -> bool:
    """Whether most of the layers of the same grid do not answer as their places would."""
    same = [one.name in orders for one in loud if _alike(one, layer)]
    return sum(same) < len(same) / 2


def _followers(
    asked: Sequence[LayerInfo],
    strange: Sequence[LayerInfo],
    answers: Answers,
    orders: dict[str, tuple[int, ...]],
) -> list[str]:
    """Return which tokens stand where the cells of a map do, whatever those see of the picture.

    Where every cell sees much of it, the codes of places tell little; but what a map and its tokens
    answer is as good as the same, cell by cell, and another cell answers otherwise.
    """
    last: dict[tuple[int, int], str] = {}  # what was known last, of each grid
    found: list[str] = []
    for layer in asked:
        known = layer not in strange if layer.layout != "tokens" else orders.get(layer.name) == ()
        before = last.get(layer.map_shape)
        if layer in strange and layer.layout == "tokens" and before is not None:
            own, theirs = (
                _beside(answers[name]).unflatten(1, layer.map_shape)
                for name in (layer.name, before)
            )
            there, *near = (
                float((own * theirs.roll(moves, (1, 2))).sum(0).mean())
                for moves in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
            )
            known = there >= FOLLOWS and there >= max(near) + APART
            found += [layer.name] if known else []
        if known:
            last[layer.map_shape] = layer.name
    return found


def _beside(answers: Sequence[Tensor]) -> Tensor:
    """(codes,cells): beside what all cells and all codes answer, of length 1 for each cell."""
    given = torch.stack(list(answers)).flatten(1)
    given = given / given.mean(1, keepdim=True).clamp(min=1e-30)
    given = given - given.mean(0)
    length: Tensor = torch.linalg.vector_norm(given, dim=0)
    return given / length.clamp(min=1e-9)


def _alike(one: LayerInfo, other: LayerInfo) -> bool:
    """Whether the cells of one tell of those of the other: tokens may be mixed after a map."""
    return one.map_shape == other.map_shape and (one.layout == "maps") == (other.layout == "maps")


def _placed(
    layer: LayerInfo,
    asked: Sequence[LayerInfo],
    loud: Sequence[LayerInfo],
    orders: dict[str, tuple[int, ...]],
) -> LayerInfo:
    """Return the layer with its own order, or that of the nearest of its grid that tells one."""
    if layer not in asked:
        return layer
    at = asked.index(layer)
    told = [
        (abs(place - at), orders[one.name])
        for place, one in enumerate(asked)
        if one.name in orders and _alike(one, layer)
    ]
    if _strange(layer, loud, orders):  # the few that are as drawn stand before the change
        told = [one for one in told if one[1] or one[0] == 0]
    if told:
        order = min(told)[1]
        if not order or layer.layout == "tokens":
            return replace(layer, order=order)
    if not any(_alike(one, layer) for one in loud):
        return layer  # all of its grid see the whole picture alike: nothing tells against it
    if layer.layout != "tokens":
        return replace(layer, placed=False)
    cells = layer.map_shape[0] * layer.map_shape[1]
    return replace(layer, map_shape=(1, cells), placed=False, axes=("one row", "tokens"))


def _answers(
    network: torch.nn.Module,
    run: Run,
    x: Tensor,
    layers: Sequence[LayerInfo],
    codes: Sequence[Tensor],
    draw: int = 0,
) -> Answers:
    """Show the picture with the patches of each code changed; a code is (h,w) bool."""
    infos = {one.name: one for one in layers}
    noise = torch.rand(x.shape, generator=torch.Generator().manual_seed(draw)).to(x) - 0.5
    noise *= WEAK  # so that norms over all of the picture hardly notice

    def shown(picture: Tensor) -> dict[str, Tensor]:
        seen: dict[str, Tensor] = {}

        def keep(name: str, output: Tensor) -> None:
            seen[name] = _mixed(output, infos[name])
            if len(seen) == len(infos):
                raise _EnoughError

        with torch.no_grad(), suppress(_EnoughError), listen(network, infos, keep):
            run(picture)
        return seen

    before = shown(x)
    answers: Answers = {one.name: [] for one in layers}
    for code in codes:
        mask = torch.nn.functional.interpolate(
            code[None, None].float(), x.shape[2:], mode="nearest-exact"
        )
        after = shown(x + noise * mask.to(x))
        for layer in layers:
            change = after.get(layer.name, torch.zeros(1)) - before.get(layer.name, torch.zeros(1))
            answers[layer.name].append(change.square().sum(0).sqrt().expand(layer.map_shape))
    return answers


class _EnoughError(Exception):
    """All that was asked for has run: the rest of the pass would be for nothing."""


def _mixed(output: Tensor, layer: LayerInfo) -> Tensor:
    """(1,...) -> (KEPT,h,w), on the CPU."""
    maps = to_maps(output, layer)[0].float()
    mixed: Tensor = torch.tensordot(_signs(layer.units).to(maps), maps, 1)
    return mixed.cpu()


@lru_cache(maxsize=64)
def _signs(units: int) -> Tensor:
    generator = torch.Generator().manual_seed(units)
    return torch.randint(0, 2, (KEPT, units), generator=generator).float() * 2 - 1


def _agreement(answers: Sequence[Tensor], codes: Sequence[Tensor], layer: LayerInfo) -> float:
    """Return the mean correlation of what cells answer with the codes of their places."""
    shape = layer.map_shape
    own = torch.stack(
        [
            torch.nn.functional.interpolate(one[None, None].float(), shape, mode="area")[0, 0]
            for one in codes
        ]
    ).flatten(1)
    given = torch.stack(list(answers)).flatten(1)
    given = given[:, list(layer.order)] if layer.order else given
    given = given / given.mean(1, keepdim=True).clamp(min=1e-30)  # one code may shake all more
    own, given = (one - one.mean(0) for one in (own, given))
    size = own.norm(dim=0) * given.norm(dim=0)
    heard = (own.norm(dim=0) > 1e-6) & (given.norm(dim=0) > 1e-9)
    if not bool(heard.any()):
        return 1.0  # nothing tells against it
    return float(((own * given).sum(0) / size.clamp(min=1e-30))[heard].mean())


def _spread(answers: Sequence[Tensor]) -> float:
    """Return by how much of itself what a cell answers goes with which patches are changed."""
    given = torch.stack(list(answers)).flatten(1)
    given = given / given.mean(1, keepdim=True).clamp(min=1e-30)
    return float((given / given.mean(0).clamp(min=1e-9)).std(0).median())


def _orders(
    network: torch.nn.Module, run: Run, x: Tensor, layers: Sequence[LayerInfo]
) -> dict[tuple[int, int], tuple[int, ...]]:
    """Return, by the grid of its layers, at which token each cell stands, where that is found.

    Every row and column has a number, and every bit of it is asked for by changing those that have
    it, and those that have not: the token is where the change is larger. Windows that overlap see
    their neighbours nearly as well: then more draws of the change tell.
    """
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for height, width in dict.fromkeys(one.map_shape for one in layers):
        first = [one for one in layers if one.map_shape == (height, width)][:FIRST]
        rows = torch.arange(height)[:, None].expand(height, width)
        places = (rows, torch.arange(width).expand(height, width))
        bits = [(0, bit) for bit in range((height - 1).bit_length())]
        bits += [(1, bit) for bit in range((width - 1).bit_length())]
        codes = [(places[axis] >> bit) & 1 == value for axis, bit in bits for value in (1, 0)]
        energies = {one.name: torch.zeros(len(codes), height * width) for one in first}
        before: list[list[int]] = []
        for draw in range(DRAWS):
            answers = _answers(network, run, x, first, codes, draw + 1)
            orders, alone = [], []
            for name, energy in energies.items():
                own = torch.stack(answers[name]).flatten(1).square()
                energy += own
                orders.append(_read(energy, bits, height, width))
                alone.append(_read(own, bits, height, width))
            whole = [order for order in orders if len(set(order)) == len(order)]
            if draw == 1 and not whole and not any(map(_agree, before, alone)):
                break  # what they answer is chance: there is no order
            before = alone
            if whole:
                found[height, width] = tuple(torch.tensor(whole[0]).argsort().tolist())
                break
    return found


def _agree(first: Sequence[int], second: Sequence[int]) -> bool:
    """Whether two readings are of one order: more than noise has in common."""
    return sum(map(int.__eq__, first, second)) > len(first) / 10


def _read(energy: Tensor, bits: Sequence[tuple[int, int]], height: int, width: int) -> list[int]:
    """(codes, T) -> at which place each token answers that it is, of height x width."""
    row, column = torch.zeros(2, energy.shape[1], dtype=torch.long)
    for at, (axis, bit) in enumerate(bits):
        there = (energy[2 * at] > energy[2 * at + 1]).long() << bit
        (row if axis == 0 else column).add_(there)
    place = row.clamp(max=height - 1) * width + column.clamp(max=width - 1)
    return [int(one) for one in place]
