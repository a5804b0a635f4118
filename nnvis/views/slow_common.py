"""What the slow views share: a unit as one number per picture, and its gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.views.cells import cells_gradient
from nnvis.views.layout import require_layer
from nnvis.views.pass_through import describe_end, forward, send_back
from nnvis.views.request import LOGITS, Cells


class ScoreFunction:
    """The cells of a unit, weighed once and for all on the picture itself.

    "map" and "max" choose by what the unit does; on changed pictures the same cells and weights
    must go on to count, else one number would be compared with another.
    """

    def __init__(self, model: VisionModel, x: Tensor, layer: str, unit: int, cells: Cells) -> None:
        """Run the network once on x (N,C,H,W).

        Raises:
            UserError: there is no such layer, unit or cell; or the layer's rows are windows
                or proposals, which change with the picture.
        """
        self._model, self._layer = model, layer
        values, info = self._values(x)
        if len(values) != len(x):
            raise UserError(
                f"{layer} has {len(values)} rows for {len(x)} pictures; choose a layer outside"
            )
        self._start = cells_gradient(values, info, unit, cells, len(x))

    def value(self, x: Tensor) -> Tensor:
        """(N,C,H,W) -> (N,), without gradients."""
        values, _ = self._values(x)
        return (values * self._start).flatten(1).sum(1)

    def gradient(self, x: Tensor) -> Tensor:
        """(N,C,H,W) -> (N,C,H,W)."""
        passed = forward(self._model, x, [self._layer])
        pixels = send_back(passed, self._layer, self._start, again=False).pixels
        assert pixels is not None
        return pixels

    @torch.no_grad()
    def _values(self, x: Tensor) -> tuple[Tensor, LayerInfo]:
        if self._layer == LOGITS:
            logits = self._model(x)
            return logits, describe_end(logits)
        info = require_layer(self._model, self._layer)
        with record(self._model, [self._layer]) as seen:
            self._model(x)
        return seen[self._layer], info
