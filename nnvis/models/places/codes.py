"""What the cells of layers answer when patches of the picture change, by half of them at a time.

Every place of the picture has a code: in which pictures it is changed. A cell answers with the code
of what it sees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache

import torch
from torch import Tensor

from nnvis.models.info import LayerInfo
from nnvis.models.layers import to_maps
from nnvis.probe import listen

KEPT = 64  # random mixtures of the units are enough to see a change
WEAK = 0.2  # length of the change
DRAWS = 64  # of the change, at most
WHOLE, POINTS = 2, 4  # first of whole cells, then of a part of each, then again of whole ones
PATIENCE, LITTLE = 8, 4  # draws by which nothing gets clearer; while most cells answer alike
FIRST = 5  # layers of one grid that are asked for their order

Run = Callable[[Tensor], object]
Answers = dict[str, list[Tensor]]  # by layer: for every picture the (h,w) change of each cell


def beside(answers: Sequence[Tensor]) -> Tensor:
    """(codes,cells): beside what all cells and all codes answer, of length 1 for each cell."""
    given = torch.stack(list(answers)).flatten(1)
    given = given / given.mean(1, keepdim=True).clamp(min=1e-30)
    given = given - given.mean(0)
    length: Tensor = torch.linalg.vector_norm(given, dim=0)
    return given / length.clamp(min=1e-9)


def answers_to(
    network: torch.nn.Module,
    run: Run,
    x: Tensor,
    layers: Sequence[LayerInfo],
    codes: Sequence[Tensor],
    draw: int = 0,
    part: Tensor | None = None,
) -> Answers:
    """Show the picture with the patches of each code changed; a code is (h,w) bool.

    `part` (H,W) is 1 where a patch that is changed is changed; without it everywhere.
    """
    infos = {one.name: one for one in layers}
    noise = torch.rand(x.shape, generator=torch.Generator().manual_seed(draw)).to(x) - 0.5
    noise *= WEAK  # so that norms over all of the picture hardly notice
    noise = noise if part is None else noise * part.to(x)

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


def agreement(answers: Sequence[Tensor], codes: Sequence[Tensor], layer: LayerInfo) -> float:
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


def spread(answers: Sequence[Tensor]) -> float:
    """Return by how much of itself what a cell answers goes with which patches are changed."""
    given = torch.stack(list(answers)).flatten(1)
    given = given / given.mean(1, keepdim=True).clamp(min=1e-30)
    return float((given / given.mean(0).clamp(min=1e-9)).std(0).median())


def orders_of(
    network: torch.nn.Module, run: Run, x: Tensor, layers: Sequence[LayerInfo]
) -> dict[tuple[int, int], tuple[int, ...]]:
    """Return, by the grid of its layers, at which token each cell stands, where that is found."""
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for grid in dict.fromkeys(one.map_shape for one in layers):
        first = [one for one in layers if one.map_shape == grid][:FIRST]
        if order := _order_of(network, run, x, first):
            found[grid] = order
    return found


def _order_of(
    network: torch.nn.Module, run: Run, x: Tensor, layers: Sequence[LayerInfo]
) -> tuple[int, ...]:
    """Return at which token each cell of the grid of all `layers` stands, or () if nobody knows.

    Every row and column has a number, and every bit of it is asked for by changing those that have
    it, and those that have not: the token is where the change is larger. Windows that overlap see
    their neighbours nearly as well: then a part of each cell tells that its own window alone sees,
    or more draws of the change do.
    """
    height, width = layers[0].map_shape
    rows = torch.arange(height)[:, None].expand(height, width)
    places = (rows, torch.arange(width).expand(height, width))
    bits = [(0, bit) for bit in range((height - 1).bit_length())]
    bits += [(1, bit) for bit in range((width - 1).bit_length())]
    codes = [(places[axis] >> bit) & 1 == value for axis, bit in bits for value in (1, 0)]
    energies = {one.name: torch.zeros(len(codes), height * width) for one in layers}
    before: list[list[int]] = []
    most, since = 0, 0
    for draw in range(DRAWS):
        part = _part(x, height, width, draw - WHOLE) if 0 <= draw - WHOLE < POINTS else None
        answers = answers_to(network, run, x, layers, codes, draw + 1, part)
        orders, alone = [], []
        for name, energy in energies.items():
            own = torch.stack(answers[name]).flatten(1).square()
            alone.append(_read(own, bits, height, width))
            if part is None:
                energy += own
                orders.append(_read(energy, bits, height, width))
        for order in orders or alone:
            if len(set(order)) == len(order):
                return tuple(torch.tensor(order).argsort().tolist())
        if draw == 1 and not any(map(_agree, before, alone)):
            break  # what they answer is chance: there is no order
        before = alone
        apart = max((len(set(order)) for order in orders), default=0)
        if apart > most:
            most, since = apart, draw
        elif draw - since >= (PATIENCE if most > height * width / 2 else LITTLE):
            break  # nor will it be
    return ()


def _part(x: Tensor, height: int, width: int, number: int) -> Tensor:
    """(H,W): 1 at a point of each cell, `number` of `POINTS` from its first to its last corner."""
    along, down = (
        (torch.arange(size) + 0.5) * cells / size % 1 * POINTS // 1 == number
        for size, cells in ((x.shape[3], width), (x.shape[2], height))
    )
    return (down[:, None] & along).float()


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
