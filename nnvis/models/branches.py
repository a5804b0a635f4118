"""Layers that a network runs on some pictures only: found by looking at several."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

from nnvis.models.info import LayerInfo
from nnvis.models.layers import list_layers
from nnvis.models.places.codes import Run
from nnvis.models.places.locality import place_layers

log = logging.getLogger(__name__)


def with_branches(
    network: nn.Module, run: Run, pictures: Iterable[Tensor], layers: Sequence[LayerInfo]
) -> tuple[LayerInfo, ...]:
    """Return `layers`, and beside them those that run on others of `pictures`.

    Where all modules with weights have run already, nothing is tried.

    Args:
        network: whose layers they are.
        run: a pass over (1,C,H,W) as the network takes it.
        pictures: such pictures, as different as can be.
        layers: of one dry run.
    """
    found = list(layers)
    for picture in pictures:
        if not idle(network, found):
            break
        known = {one.name for one in found}
        try:
            seen = list_layers(network, picture)
            if any(one.name not in known for one in seen):
                seen = place_layers(network, run, picture, seen)
        except Exception:  # whatever a branch does that nobody took before
            log.debug("a picture was not taken", exc_info=True)
            continue
        for before, one in zip((None, *seen), seen, strict=False):
            if one.name not in known:  # after what ran before it
                names = [other.name for other in found]
                found.insert(names.index(before.name) + 1 if before else 0, one)
    return tuple(found)


def idle(network: nn.Module, layers: Sequence[LayerInfo]) -> list[str]:
    """Return the modules with weights of their own of which no call is among `layers`."""
    ran = {one.name.partition("@")[0] for one in layers}
    inside = {  # which attention calls by their weights
        part
        for one in network.modules()
        if isinstance(one, nn.MultiheadAttention)
        for part in one.modules()
    }
    return [
        name
        for name, module in network.named_modules()
        if name not in ("", *ran)
        and module not in inside
        and next(module.parameters(recurse=False), None) is not None
    ]


def different(mean: Tensor, std: Tensor, grey: Tensor) -> Iterator[Tensor]:
    """Yield black, white, and stripes, as a network takes them (1,C,H,W)."""
    for level in (0.0, 1.0):
        yield (torch.full_like(grey, level) - mean) / std
    stripes = torch.zeros_like(grey)
    stripes[..., ::4] = 1
    yield (stripes - mean) / std
