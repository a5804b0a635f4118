"""What a unit multiplies its inputs with: the weights of its own module."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.probe import network_of
from nnvis.views.layout import require_layer, require_unit

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """Off the graph; what is multiplied are the normalised pixels in the first layer."""

    slices: Tensor  # (n,h,w) float: of each input one; of a linear layer (n,1,1)
    first: int  # the number of the first input: not 0 where channels are split into groups
    bias: float | None
    colours: bool  # the three inputs are R, G and B


def kernel_of(model: VisionModel, layer: str, unit: int) -> Kernel:
    """Return the weights of a unit.

    Of a three-dimensional kernel the slices in depth lie one below the other.

    Raises:
        UserError: there is no such layer or unit, or the layer has no weights of its own.
    """
    info = require_layer(model, layer)
    require_unit(info, unit)
    module = network_of(model).get_submodule(layer.partition("@")[0])
    bias = getattr(module, "bias", None)
    own = float(bias[unit]) if isinstance(bias, Tensor) and unit < bias.numel() else None
    if isinstance(module, CONVOLUTIONS):
        weights = module.weight[unit]
        inputs, group = module.in_channels // module.groups, module.out_channels // module.groups
        first = unit // group * inputs
    elif isinstance(module, TRANSPOSED):
        inputs, group = module.in_channels // module.groups, module.out_channels // module.groups
        first = unit // group * inputs
        weights = module.weight[first : first + inputs, unit % group]
    elif isinstance(module, nn.Linear):
        if info.layout == "maps" or info.units != module.out_features:
            raise UserError(
                f"{layer} mixes places, not units: a unit has no kernel of its own there"
            )
        weights, first = module.weight[unit], 0
    else:
        raise UserError(_without(model, layer, info.kind))
    slices = weights.detach().float()
    depth = slices.ndim - 1
    if depth == 0:
        slices = slices[:, None, None]
    elif depth == 1:
        slices = slices[:, None, :]
    elif depth == 3:
        slices = slices.flatten(1, 2)
    colours = model.channels == len(slices) == 3 and module is _first_convolution(model)
    return Kernel(slices, first, own, colours)


def all_kernels(model: VisionModel, layer: str) -> Tensor:
    """Return the weights of every unit of a layer over the same inputs, (units,n).

    Raises:
        UserError: the layer has none, or its units have different inputs.
    """
    units = require_layer(model, layer).units
    found = [kernel_of(model, layer, unit) for unit in range(units)]
    if len({one.first for one in found}) > 1:
        raise UserError(f"the units of {layer} have different inputs")
    return torch.stack([one.slices.flatten() for one in found])


def kernel_before(model: VisionModel, layer: str) -> str:
    """Return the last layer before `layer` that `kernel_of` can tell of, "" where there is none."""
    names = [one.name for one in model.layers]
    for name in reversed(names[: names.index(layer)]):
        module = network_of(model).get_submodule(name.partition("@")[0])
        if isinstance(module, (*CONVOLUTIONS, *TRANSPOSED, nn.Linear)):
            return name
    return ""


def _without(model: VisionModel, layer: str, kind: str) -> str:
    near = kernel_before(model, layer)
    line = f"{layer} ({kind}) has no kernel of its own"
    return f"{line}; the last layer before it that has one is {near}" if near else line


def _first_convolution(model: VisionModel) -> nn.Module | None:
    found = (one for one in model.network.modules() if isinstance(one, CONVOLUTIONS))
    return next(found, None)
