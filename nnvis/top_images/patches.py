"""Which part of what the network was fed a cell of a layer can see."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.top_images.spec import IndexedLayer
from nnvis.views.pass_through import ForwardPass, forward
from nnvis.views.receptive_field import FieldFinder

Patch = tuple[int, int, int, int]  # top, left, bottom, right in pixels; the latter two outside


class Fields:
    """The receptive fields of the cells of some layers, from one pass over a grey picture.

    Rows and columns of a field are asked for apart, as they depend on a cell's row and column
    apart in every operation that looks through windows; where an operation lets each cell see all,
    both do. A layer of 112 x 112 cells so costs 224 questions in place of 12544. Corners are asked
    for whole, and where one of them says otherwise, every cell is.
    """

    def __init__(self, model: VisionModel, layers: Iterable[IndexedLayer]) -> None:
        self._size = model.input_size
        self._layers = {layer.name: layer for layer in layers}
        grey = torch.full((1, model.channels, *model.input_size), 0.5, device=model.device)
        self._passed: ForwardPass = forward(model, grey, self._layers)
        self._finders: dict[str, FieldFinder | None] = {}  # None: no gradient leads back
        self._known: dict[tuple[str, int, int], Patch] = {}
        self._apart: dict[str, bool] = {}

    def of(self, layer: str, cell: int) -> Patch:
        """Return the field of a cell (row * width + column), of any unit of the layer."""
        height, width = self._layers[layer].map_shape
        row, column = divmod(cell, width)
        if layer not in self._apart:
            ends = ((0, width - 1), (height - 1, 0), (height // 2, width // 3))
            self._apart[layer] = all(
                self._joined(layer, *one) == self._ask(layer, *one) for one in ends
            )
        if self._apart[layer]:
            return self._joined(layer, row, column)
        return self._ask(layer, row, column)

    def _joined(self, layer: str, row: int, column: int) -> Patch:
        height, width = self._layers[layer].map_shape
        rows = self._ask(layer, row, width // 2)
        columns = self._ask(layer, height // 2, column)
        return rows[0], columns[1], rows[2], columns[3]

    def _ask(self, layer: str, row: int, column: int) -> Patch:
        key = layer, row, column
        if key not in self._known:
            finder = self._finder(layer)
            field = finder.of((row, column)) if finder is not None else None
            self._known[key] = (
                (field.top, field.left, field.bottom, field.right)
                if field
                else (0, 0, *self._size)  # nothing is known, so nothing is left out
            )
        return self._known[key]

    def _finder(self, layer: str) -> FieldFinder | None:
        if layer not in self._finders:
            try:
                self._finders[layer] = FieldFinder(self._passed, layer)
            except UserError:
                self._finders[layer] = None
        return self._finders[layer]
