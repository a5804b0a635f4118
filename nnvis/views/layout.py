"""A layer's output as maps, whatever its layout: views of the same memory, for any batch."""

from __future__ import annotations

import difflib

from torch import Tensor
from torch.nn import functional

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel


def as_maps(output: Tensor, layer: LayerInfo) -> Tensor:
    """Return the (N,C,h,w) maps of an output of `layer`; class and register tokens left out.

    Writing into the result writes into `output`, but for tokens out of order: see `put_maps`.

    Raises:
        UserError: the output has another number of tokens than the layer had at first.
    """
    if layer.layout == "vector":
        return output[:, :, None, None]
    if layer.layout == "maps_last":
        return output.movedim(-1, 1)
    if layer.layout == "tokens":
        height, width = layer.map_shape
        patches = output[:, layer.prefix :]
        if patches.shape[1] != height * width:
            raise UserError(
                f"{layer.name} gave {output.shape[1]} tokens, not {layer.prefix + height * width}; "
                "feed the network pictures of its own size"
            )
        if layer.order:
            patches = patches[:, list(layer.order)]
        grid: Tensor = patches.unflatten(1, (height, width))
        return grid.movedim(-1, 1)
    if output.ndim == 3:
        unfolded: Tensor = output.unflatten(2, layer.map_shape)
        return unfolded
    if output.ndim == 5:  # the slices one below the other
        return output.view(*output.shape[:2], -1, output.shape[4])
    return output


def put_maps(output: Tensor, layer: LayerInfo, maps: Tensor) -> None:
    """Write what `as_maps` gave of `output`, and what was changed of it since, back into it."""
    if layer.order:
        output[:, layer.prefix :][:, list(layer.order)] = maps.movedim(1, -1).flatten(1, 2)


def require_places(layer: LayerInfo) -> None:
    """Raise UserError where the cells of `layer` do not lie where they are in the picture."""
    if not layer.placed:
        raise UserError(
            f"the cells of {layer.name} are {' and '.join(layer.axes)}, no places of the picture; "
            "choose a layer with maps"
        )


def over_picture(maps: Tensor, x: Tensor) -> Tensor:
    """(N,C,h,w) maps enlarged bilinearly to the size of the pictures x (N,_,H,W)."""
    return functional.interpolate(maps, x.shape[2:], mode="bilinear", align_corners=False)


def require_layer(model: VisionModel, name: str) -> LayerInfo:
    """Return the layer called `name`.

    Raises:
        UserError: there is none; names the nearest ones.
    """
    layers = {layer.name: layer for layer in model.layers}
    if name not in layers:
        near = difflib.get_close_matches(name, layers, 3, 0.3) or list(layers)[:3]
        raise UserError(f"{model.name} has no layer {name!r}; try {', '.join(near)}")
    return layers[name]


def require_unit(layer: LayerInfo, unit: int) -> None:
    """Raise UserError where `layer` has no such unit."""
    if not 0 <= unit < layer.units:
        raise UserError(
            f"{layer.name or 'the output'} has no unit {unit}; it has units 0 to {layer.units - 1}"
        )
