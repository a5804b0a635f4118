"""Pictures through the network: where each unit is highest and lowest in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.top_images.accumulator import Peaks
from nnvis.views.layout import as_maps, require_layer


class Extrema:
    """Measures the units of some layers, all in one pass; belongs to the model's thread."""

    def __init__(self, model: VisionModel, layers: Sequence[str]) -> None:
        self._model = model
        self.layers = tuple(require_layer(model, name) for name in layers)
        self._keep = {one.name: partial(extremes, layer=one) for one in self.layers}

    def start(self, fed: Tensor) -> Tensor:
        """(N,H,W,3) uint8 of `Preprocess.feed` -> (4,N,U) on the device, perhaps not yet computed.

        The rows: highest value, its cell, lowest value, its cell; cells are whole numbers below
        2**24, which float32 holds exactly.

        Raises:
            UserError: a layer put out nothing, or no maps of every picture.
        """
        return torch.cat(self.of_layers(pixels(self._model, fed)), 2)

    def of_layers(self, x: Tensor) -> list[Tensor]:
        """(N,C,H,W) in [0, 1] -> (4,N,U) of each layer; see `start`."""
        with torch.inference_mode(), record(self._model, self._keep, keep=self._keep) as seen:
            self._model(x)
        found = []
        for layer in self.layers:
            one = seen.get(layer.name)
            if one is None or one.shape[1:] != (len(x), layer.units):
                raise UserError(
                    f"{layer.name} gives no map of each of {len(x)} pictures; leave it out"
                )
            found.append(one)
        return found

    @staticmethod
    def finish(rows: Tensor) -> Peaks:
        """Bring what `start` gave to the host."""
        highs, high_cells, lows, low_cells = rows.cpu().numpy()
        return Peaks(highs, high_cells.astype(np.int32), lows, low_cells.astype(np.int32))


def pixels(model: VisionModel, fed: Tensor) -> Tensor:
    """(N,H,W,3) uint8 of `Preprocess.feed` -> (N,C,H,W) in [0, 1], where the model is."""
    x = fed.to(model.device, non_blocking=True).permute(0, 3, 1, 2).float().div_(255)
    if model.channels != 3:
        x = x[:, [channel % 3 for channel in range(model.channels)]]
    return x.contiguous()


def extremes(output: Tensor, layer: LayerInfo) -> Tensor:
    """(4,N,U) of what one layer put out, the rows of `Extrema.start`.

    `max` gives the first of equals, and NaN where there is one.
    """
    maps = as_maps(output, layer).flatten(2)
    high, low = maps.max(2), maps.min(2)
    return torch.stack(
        [high.values.float(), high.indices.float(), low.values.float(), low.indices.float()]
    )
