"""Whether a layer's cells are where they are drawn: a changed patch must change its own cell most.

Pictures with half of their patches changed, a different half each time, give every place a code;
a cell answers with the code of what it sees. Cells that answer with those of other places are put
where they belong, or, where no order is found, are not laid over the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from nnvis.models.info import LayerInfo
from nnvis.models.places.codes import Answers, Run, agreement, answers_to, beside, orders_of, spread
from nnvis.probe import movers, network_of

CODES = 6  # halves of the patches that are changed, to tell right from wrong
AGREE = 0.25  # correlation of a layer's answers with the codes of its places, on average
LOUD = 0.05  # spread of its answers, below which a cell sees all of the picture alike
OWN = 0.3  # spread of a cell that sees mostly its own place: mixtures have no order
LOCAL = 0.6  # spread of a cell that sees little but its own place
FOLLOWS = 0.8  # correlation with the cells of a map from which tokens stand where they do,
APART = 0.3  # and by which none of the next cells may come near it


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
    answers = answers_to(network, run, x, asked, codes)
    orders: dict[str, tuple[int, ...]] = {
        one.name: () for one in asked if agreement(answers[one.name], codes, one) >= AGREE
    }
    loud = [one for one in asked if one.name in orders or spread(answers[one.name]) >= LOUD]
    # Maps, whose order is not asked for, are elsewhere only where each cell is sure of it.
    sure = [
        one
        for one in loud
        if one.layout == "tokens"
        or (spread(answers[one.name]) >= LOCAL and not _wide(network, one))
    ]
    strange = [one for one in sure if one.name not in orders and _strange(one, loud, orders)]
    orders.update(dict.fromkeys(_followers(asked, strange, answers, orders), ()))
    strange = [one for one in strange if one.name not in orders]
    found = orders_of(
        network, run, x,
        [one for one in strange if one.layout == "tokens" and spread(answers[one.name]) >= OWN],
    )  # fmt: skip
    for layer in strange:
        order = found.get(layer.map_shape, ())
        if order and agreement(answers[layer.name], codes, replace(layer, order=order)) >= AGREE:
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
                beside(answers[name]).unflatten(1, layer.map_shape) for name in (layer.name, before)
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
