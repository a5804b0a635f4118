"""How far attention spreads: rollout through all the blocks up to a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import attention, listen
from nnvis.views.layout import over_picture, require_layer
from nnvis.views.request import LOGITS, Cells


def rollout(
    model: VisionModel, x: Tensor, *, layer: str = LOGITS, unit: int = 0, cells: Cells = "map"
) -> Tensor:
    """Return how much of each patch a token has seen (Abnar & Zuidema 2020, sec. 3).

    Attention is averaged over the heads; the residual path counts as much as the attention.

    Args:
        model: a network of attention over all patches.
        x: (N,C,H,W) in [0,1].
        layer: up to where; LOGITS for all of it.
        unit: plays no part: rollout is the same for all units.
        cells: a cell (row, column) asks for the token there; everything else for the class token,
            or, without one, for the mean over all tokens.

    Returns:
        (N,1,H,W), not negative, the sum over the patches is at most 1; enlarged bilinearly.

    Raises:
        UserError: the network attends in windows, in several resolutions, or not at all.
    """
    tokens = tokens_of(model, layer)
    with attended(model, layer) as weights, torch.enable_grad():
        model(x.detach().requires_grad_())
    return over_picture(roll(weights, tokens, cells), x)


@contextmanager
def attended(model: VisionModel, layer: str) -> Iterator[list[Tensor]]:
    """Collect the attention weights of the one pass inside; afterwards those up to `layer` remain.

    The pass must have gradients on: without, PyTorch may attend in a kernel that shows no weights.
    """
    reached: int | None = None
    with attention() as found:

        def arrived(_name: str, _output: Tensor) -> None:
            nonlocal reached
            reached = len(found)

        with listen(model, [] if layer == LOGITS else [layer], arrived):
            yield found
    if reached is not None:
        del found[reached:]


def roll(weights: Sequence[Tensor], tokens: LayerInfo, cells: Cells) -> Tensor:
    """(N,heads,T,T) attention weights, block after block -> (N,1,h,w); see `rollout`."""
    height, width = tokens.map_shape
    count = tokens.prefix + height * width
    if not weights:
        raise UserError(f"there is no attention before {tokens.name}; choose another view")
    if any(one.ndim != 4 or one.shape[-2:] != (count, count) for one in weights):
        raise UserError(
            "this network does not attend over all its patches at once, for which rollout is not "
            "defined; choose another view"
        )
    eye = torch.eye(count, dtype=weights[0].dtype, device=weights[0].device)
    flow = eye
    for one in weights:
        flow = (one.mean(1) + eye) / 2 @ flow
    if isinstance(cells, tuple):
        row, column = cells
        if not (0 <= row < height and 0 <= column < width):
            raise UserError(f"there is no patch {row},{column}; there are {height} x {width}")
        place = row * width + column
        start = flow[:, tokens.prefix + (tokens.order[place] if tokens.order else place)]
    else:
        start = flow[:, 0] if tokens.prefix else flow.mean(1)
    patches = start[:, tokens.prefix :]
    patches = patches[:, list(tokens.order)] if tokens.order else patches
    return patches.reshape(-1, 1, height, width)


def tokens_of(model: VisionModel, layer: str) -> LayerInfo:
    """Return the layer of tokens at, or last before, `layer`.

    Raises:
        UserError: there is none.
    """
    layers = list(model.layers)
    if layer != LOGITS:
        layers = layers[: layers.index(require_layer(model, layer)) + 1]
    tokens = [one for one in layers if one.layout == "tokens" and one.placed]
    if not tokens:
        raise UserError("rollout needs a network of attention over patches; choose another view")
    return tokens[-1]
