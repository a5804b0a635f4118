"""The attention of each head: from one token to the others, where they are in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.views.attention_places import (
    AttentionPlaces,
    TokenPlaces,
    attention_places,
    by_windows,
)
from nnvis.views.layout import require_layer
from nnvis.views.rollout import attended

Query = tuple[int, int] | None  # row and column of a patch; None: the class token


@dataclass(frozen=True, slots=True, eq=False)
class AttentionHeads:
    """The last attention at or before a layer, of the first picture."""

    weights: Tensor  # (windows,heads,queries,keys)
    queries: TokenPlaces | None  # None: where they are is not known, or they are no patches
    keys: TokenPlaces | None

    @property
    def count(self) -> int:
        """How many heads there are."""
        return int(self.weights.shape[1])

    @property
    def has_class_token(self) -> bool:
        """Whether a class token is among the queries."""
        return self.keys is not None and self.keys.prefix > 0

    def seen_from(self, query: Query) -> tuple[Tensor, Tensor, Tensor]:
        """Return (heads,h,w) weights, (heads,p) at the class and register tokens, (h,w) bool.

        Raises:
            UserError: there is no such query, or nothing tells where the tokens are.
        """
        if self.keys is None:
            raise UserError(
                "where the tokens of this attention are in the picture is not known; its matrix is "
                "drawn by queries and keys"
            )
        if query is None:
            if not self.has_class_token:
                raise UserError("this attention has no class token; point at a patch")
            window, token = 0, 0
        else:
            if self.queries is None:
                raise UserError("no patch is known to be a query of this attention")
            (row, column), (height, width) = query, self.queries.grid
            if not (0 <= row < height and 0 <= column < width):
                raise UserError(f"there is no patch {row},{column}; there are {height} x {width}")
            window = int(self.queries.window[row, column])
            token = int(self.queries.token[row, column])
        found = self.weights[window, :, token]  # (heads,keys)
        inside = (self.keys.window == window).to(found.device)
        maps = torch.where(inside, found[:, self.keys.token.to(found.device)], 0.0)
        return maps, found[:, : self.keys.prefix], inside


def heads_at(model: VisionModel, x: Tensor, layer: str) -> AttentionHeads:
    """Run the network on x (N,C,H,W) and return the attention at, or last before, `layer`.

    The pass is one of its own, and its outputs are those of any other.

    Raises:
        UserError: there is no such layer, or no attention up to it.
    """
    require_layer(model, layer)
    with attended(model, layer) as found, torch.enable_grad():
        model(x.detach().requires_grad_())
    attention = [one for one in found if one.ndim >= 3]
    if not attention:
        raise UserError(
            f"there is no attention up to {layer}; if this network has any, a later layer shows it"
        )
    number, weights = len(attention) - 1, attention[-1].detach().float()
    known = attention_places(model, x)
    places = known[number] if number < len(known) else AttentionPlaces()
    return AttentionHeads(by_windows(weights, places.heads_first), places.queries, places.keys)
