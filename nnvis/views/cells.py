"""The question of a backward view: which cells of a unit, and how much each."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.views.layout import as_maps, put_maps, require_unit
from nnvis.views.request import CELLS, Cells


def cells_gradient(
    values: Tensor, layer: LayerInfo, unit: int, cells: Cells, pictures: int
) -> Tensor:
    """Return the gradient that starts a backward pass, of the shape of the output `values`.

    Args:
        values: what `layer` put out.
        layer: whose units are meant.
        unit: from 0.
        cells: "map", the unit's own map, as the Deep Visualization Toolbox has it (the gradient of
            half the sum of its squares); "max", 1 at its strongest cell in each picture; "sum", 1
            at every cell (for a class, its logit); or a cell (row, column), 1 there.
        pictures: how many the pass had. Of a layer with more rows (windows, proposals) only the
            first ones are meant, which are those that are shown.

    Raises:
        UserError: there is no such unit or cell.
    """
    require_unit(layer, unit)
    start = torch.zeros(values.shape, dtype=values.dtype, device=values.device)
    own = as_maps(values[:pictures], layer)[:, unit]
    maps = as_maps(start[:pictures], layer)
    chosen = maps[:, unit]  # (N,h,w), a view
    if cells == "map":
        chosen.copy_(own)
    elif cells == "max":
        rows, columns = strongest(own)
        chosen[torch.arange(len(own), device=own.device), rows, columns] = 1
    elif cells == "sum":
        chosen.fill_(1)
    elif isinstance(cells, tuple):
        row, column = cells
        height, width = own.shape[1:]
        if not (0 <= row < height and 0 <= column < width):
            raise UserError(
                f"{layer.name} has no cell {row},{column}; its maps are {height} x {width}"
            )
        chosen[:, row, column] = 1
    else:
        raise UserError(f"the cells {cells!r} are not known; use {', '.join(CELLS)} or a cell 3,4")
    put_maps(start[:pictures], layer, maps)
    return start


def strongest(maps: Tensor) -> tuple[Tensor, Tensor]:
    """(N,h,w) -> rows and columns (N,) of the largest values; NaN never is one."""
    places = maps.nan_to_num(nan=-torch.inf, posinf=torch.inf).flatten(1).argmax(1)
    return places // maps.shape[2], places % maps.shape[2]


def strongest_unit(values: Tensor, layer: LayerInfo) -> int:
    """Return the unit of `layer` with the largest value in the first picture of an output."""
    peaks = as_maps(values[:1], layer)[0].flatten(1).amax(1)
    return int(peaks.nan_to_num(nan=-torch.inf, posinf=torch.inf).argmax())
