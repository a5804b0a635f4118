"""The attention of each head: from one token to the others, where they are in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.views.layout import require_layer
from nnvis.views.rollout import attended

Query = tuple[int, int] | None  # row and column of a patch; None: the class token


@dataclass(frozen=True, slots=True, eq=False)
class AttentionHeads:
    """The last attention at or before a layer, of the first picture."""

    weights: Tensor  # (heads,queries,keys); of windows (windows,heads,queries,keys)
    grid: tuple[int, int] | None  # of the patches; None: where the tokens are is not known
    prefix: int = 0  # class and register tokens before them
    order: tuple[int, ...] = ()  # at which token each patch stands
    window: tuple[int, int] | None = None  # height and width, where patches attend in windows
    shift: tuple[int, int] = (0, 0)  # by how much these windows are shifted

    @property
    def count(self) -> int:
        """How many heads there are."""
        return int(self.weights.shape[-3])

    @property
    def asks_patches(self) -> bool:
        """Whether patches are among the queries: in class attention only the class token is."""
        return self.grid is not None and self.weights.shape[-2] > max(1, self.prefix)

    @property
    def has_class_token(self) -> bool:
        """Whether a class token is among the queries."""
        return self.prefix > 0 and self.window is None and self.grid is not None

    def seen_from(self, query: Query) -> tuple[Tensor, Tensor, Tensor]:
        """Return (heads,h,w) weights, (heads,p) at the class and register tokens, (h,w) bool.

        Raises:
            UserError: there is no such query, or nothing tells where the tokens are.
        """
        if self.grid is None:
            raise UserError(
                "where the tokens of this attention are in the picture is not known; its matrix is "
                "drawn by queries and keys"
            )
        height, width = self.grid
        if query is None:
            if not self.has_class_token:
                raise UserError("this attention has no class token; point at a patch")
            return self._spread(self.weights[:, 0])
        row, column = query
        if not (0 <= row < height and 0 <= column < width) or not self.asks_patches:
            raise UserError(f"there is no patch {row},{column}; there are {height} x {width}")
        if self.window is not None:
            return self._in_window(row, column)
        place = row * width + column
        return self._spread(
            self.weights[:, self.prefix + (self.order[place] if self.order else place)]
        )

    def _spread(self, row: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        assert self.grid is not None
        patches = row[:, self.prefix :]
        patches = patches[:, list(self.order)] if self.order else patches
        inside = torch.ones(self.grid, dtype=torch.bool)
        return patches.unflatten(1, self.grid), row[:, : self.prefix], inside

    def _in_window(self, row: int, column: int) -> tuple[Tensor, Tensor, Tensor]:
        """Undo partition and shift: a token of a window stands where it was before both."""
        assert self.grid is not None
        assert self.window is not None
        (height, width), (high, wide) = self.grid, self.window
        padded = (-(-height // high) * high, -(-width // wide) * wide)
        rows, columns = (
            (torch.arange(side) - shift) % side
            for side, shift in zip(padded, self.shift, strict=True)
        )
        window = (rows // high)[:, None] * (padded[1] // wide) + (columns // wide)[None]
        token = (rows % high)[:, None] * wide + (columns % wide)[None]
        own = window == window[row, column]
        found = self.weights[int(window[row, column]), :, int(token[row, column])]  # (heads,keys)
        maps = torch.where(own, found[:, token], 0.0)[:, :height, :width]
        return maps, found[:, :0], own[:height, :width]


def heads_at(model: VisionModel, x: Tensor, layer: str) -> AttentionHeads:
    """Run the network on x (N,C,H,W) and return the attention at, or last before, `layer`.

    The pass is one of its own, and its outputs are those of any other.

    Raises:
        UserError: there is no such layer, or no attention up to it.
    """
    info = require_layer(model, layer)
    with attended(model, layer) as found, torch.enable_grad():
        model(x.detach().requires_grad_())
    attention = [one for one in found if one.ndim >= 3]
    if not attention:
        raise UserError(
            f"there is no attention up to {layer}; if this network has any, a later layer shows it"
        )
    weights = attention[-1].detach().float()
    before = list(model.layers)
    before = before[: before.index(info) + 1]
    # The layer may stand before the last module of its block: the shapes of the next ones tell too.
    near = [*before, *model.layers[len(before) : len(before) + 4]]
    return _placed(model, weights, len(x), near, len(attention) - 1)


def _placed(
    model: VisionModel, weights: Tensor, pictures: int, near: Sequence[LayerInfo], number: int
) -> AttentionHeads:
    keys = int(weights.shape[-1])
    if weights.ndim == 4 and weights.shape[0] == pictures:
        for one in reversed(near):
            height, width = one.map_shape
            if one.placed and min(height, width) > 1 and height * width + one.prefix == keys:
                return AttentionHeads(weights[0], one.map_shape, one.prefix, one.order)
    shifted = [one for one in model.network.modules() if hasattr(one, "shift_size")]
    if weights.ndim == 4 and number < len(shifted) and weights.shape[0] % pictures == 0:
        window, shift = (_pair(getattr(shifted[number], name)) for name in _NAMES)
        count = weights.shape[0] // pictures
        for one in reversed(near):
            height, width = one.map_shape
            high, wide = window
            fits = -(-height // high) * -(-width // wide) == count and high * wide == keys
            if one.placed and min(height, width) > 1 and fits:
                # As both libraries have it: where one window is all, nothing is shifted.
                moved = (0 if high >= height else shift[0], 0 if wide >= width else shift[1])
                return AttentionHeads(weights[:count], one.map_shape, window=window, shift=moved)
    flat = weights if weights.ndim == 3 else weights.flatten(0, -4)[0]
    return AttentionHeads(flat, None)


_NAMES = ("window_size", "shift_size")


def _pair(value: Any) -> tuple[int, int]:
    both = value if isinstance(value, (tuple, list)) else (value, value)
    return int(both[0]), int(both[1])
