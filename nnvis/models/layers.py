"""The layers of a network, found by one dry run, and their outputs as maps of units."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import type_before_parametrizations

from nnvis.models.info import Family, LayerInfo, Layout
from nnvis.probe import ModuleCall, network_of, trace

MOST_PREFIX = 16  # class and register tokens; more than this is another kind of sequence
_SKIPPED = {  # do nothing when frozen, or put out no maps but pieces of them
    "DropPath", "StochasticDepth", "PatchDropout", "DropBlock2d", "Unfold",
}  # fmt: skip
_FAMILIES: tuple[tuple[Family, tuple[type[nn.Module], ...]], ...] = (
    ("conv", (nn.modules.conv._ConvNd,)),
    (
        "norm",
        (
            nn.modules.batchnorm._NormBase,
            nn.LayerNorm,
            nn.GroupNorm,
            nn.RMSNorm,
            nn.LocalResponseNorm,
        ),
    ),
    (
        "pool",
        (
            nn.modules.pooling._MaxPoolNd,
            nn.modules.pooling._AvgPoolNd,
            nn.modules.pooling._AdaptiveAvgPoolNd,
            nn.modules.pooling._AdaptiveMaxPoolNd,
            nn.modules.pooling._LPPoolNd,
        ),
    ),
    ("attention", (nn.MultiheadAttention,)),
    ("linear", (nn.Linear, nn.Bilinear)),
)
_BY_NAME: tuple[
    tuple[Family, tuple[str, ...]], ...
] = (  # for the modules that libraries wrote themselves
    ("norm", ("norm", "frn", "evo")),
    ("pool", ("pool",)),
    ("attention", ("attention", "attn")),
    ("linear", ("linear",)),
    ("conv", ("conv",)),
)
_ACTIVATIONS = ("relu", "gelu", "silu", "swish", "sigmoid", "tanh", "mish", "softmax", "elu")
_CHANNELS_FIRST = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.LocalResponseNorm,
    nn.Upsample,
    nn.PixelShuffle,
    nn.PixelUnshuffle,
    nn.ZeroPad2d,
    nn.ReflectionPad2d,
    nn.ReplicationPad2d,
    *_FAMILIES[2][1],
)


def list_layers(model: nn.Module, x: Tensor) -> tuple[LayerInfo, ...]:
    """Run `model` once on `x`, a batch of one, and describe every call in the order they ended.

    Left out: what does nothing in evaluation (Identity, Dropout), and outputs that are no maps,
    vector or tokens of this one picture (windows of attention, shapes, masks).
    """
    seen = _Seen(aspect=x.shape[2] / x.shape[3])
    described = (_describe(call, seen) for call in trace(network_of(model), x))
    return tuple(info for info in described if info is not None)


def to_maps(output: Tensor, info: LayerInfo) -> tuple[Tensor, Tensor]:
    """Cut the recorded `output` of `info` into maps of its units; views wherever possible.

    Returns:
        (C,h,w) of the first picture of the batch, and (C,p) at the class and register tokens.
    """
    one = output[0]
    if info.layout == "maps_last":
        maps = one.permute(2, 0, 1)
    elif info.layout == "tokens":
        patches = one[info.prefix :]
        patches = patches[_at(info.order, patches.device)] if info.order else patches
        maps = patches.T.unflatten(1, info.map_shape)
        return maps, one[: info.prefix].T
    elif one.ndim == 3:
        maps = one
    else:
        maps = one.reshape(info.units, *info.map_shape)
    return maps, one.new_zeros((info.units, 0))


@lru_cache(maxsize=64)
def _at(order: tuple[int, ...], device: torch.device) -> Tensor:
    """Return `order` on the device, where it stays: a list would be brought there each time."""
    with torch.inference_mode(False):
        return torch.tensor(order, device=device)


class _Seen:
    """What earlier layers tell about later ones."""

    def __init__(self, aspect: float) -> None:
        self.aspect = aspect  # height over width of the input
        self.grids: list[tuple[int, int]] = []  # the map shapes so far, the latest last
        self.units: set[int] = set()  # how many channels maps had so far
        self.layout: Layout = "maps"  # of the latest maps

    def saw(self, grid: tuple[int, int]) -> None:
        self.grids = [one for one in self.grids if one != grid] + [grid]


def _describe(call: ModuleCall, seen: _Seen) -> LayerInfo | None:
    module = call.module
    kind = type_before_parametrizations(module).__name__
    # A leading axis other than the one picture holds windows or sequence-first tokens.
    if call.shape[:1] != (1,) or 0 in call.shape or _does_nothing(module, kind):
        return None
    shape = call.shape[1:]
    form = _form(module, kind, shape, seen)
    if form is None:
        return None
    layout, units, map_shape, prefix = form
    if layout in ("maps", "maps_last") and len(shape) == 3:
        seen.layout = layout
        seen.units.add(units)
        if math.prod(map_shape) > 1:
            seen.saw(map_shape)
    elif layout == "tokens" and min(map_shape) > 1:
        seen.saw(map_shape)
    return LayerInfo(
        name=call.name,
        kind=kind,
        shape=shape,
        units=units,
        map_shape=map_shape,
        layout=layout,
        prefix=prefix,
        family=_family(module, kind),
        depth=call.name.count("."),
    )


def _form(
    module: nn.Module, kind: str, shape: tuple[int, ...], seen: _Seen
) -> tuple[Layout, int, tuple[int, int], int] | None:
    """Return (layout, units, map shape, prefix), None for what cannot be shown truly."""
    if len(shape) == 1:
        return "vector", shape[0], (1, 1), 0
    if len(shape) == 2:
        return _sequence(module, shape[0], shape[1], seen)
    if len(shape) == 3:
        layout = _layout(module, kind, shape, seen)
        grid, units = (shape[1:], shape[0]) if layout == "maps" else (shape[:2], shape[2])
        height, width = grid
        return (
            (layout, units, (height, width), 0)
            if _has_picture(module, units, (height, width), seen)
            else None
        )
    if len(shape) == 4:  # C,D,H,W: the slices one below the other
        return "maps", shape[0], (shape[1] * shape[2], shape[3]), 0
    return None


def _has_picture(module: nn.Module, units: int, grid: tuple[int, int], seen: _Seen) -> bool:
    """Tell maps from windows x tokens, heads x tokens x tokens, and the like."""
    if isinstance(module, _CHANNELS_FIRST) or grid in seen.grids or not seen.grids:
        return True
    if isinstance(module, nn.Softmax) or not _like_a_picture(*grid, seen):
        return False
    # A new size comes from a layer that can make one, or from a block that scales its maps.
    return isinstance(module, (nn.Linear, nn.LayerNorm)) or units in seen.units


def _layout(module: nn.Module, kind: str, shape: tuple[int, ...], seen: _Seen) -> Layout:
    first, middle, last = shape
    if isinstance(module, _CHANNELS_FIRST):
        return "maps"
    if isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1:
        width = module.normalized_shape[0]
        if first == last:
            return "maps" if "2d" in kind.lower() else "maps_last"
        return "maps" if first == width else "maps_last"
    if isinstance(module, nn.Linear):
        return "maps_last"
    order = getattr(module, "dims", None)  # torchvision's Permute
    if kind == "Permute" and order in ([0, 3, 1, 2], [0, 2, 3, 1]):
        return "maps" if order == [0, 3, 1, 2] else "maps_last"
    as_first, as_last = (middle, last) in seen.grids, (first, middle) in seen.grids
    if as_first == as_last:
        as_first, as_last = middle == last, first == middle
    if as_first != as_last:
        return "maps" if as_first else "maps_last"
    return seen.layout


def _sequence(
    module: nn.Module, first: int, last: int, seen: _Seen
) -> tuple[Layout, int, tuple[int, int], int]:
    """(T,D) tokens or (C,L) one-dimensional maps."""
    for grid in reversed(seen.grids):
        cells = math.prod(grid)
        if (
            last == cells
            and first in seen.units
            and first - cells not in range(MOST_PREFIX)
            and not _token_wise(module)
        ):
            return "maps", first, grid, 0  # flattened maps, channels first
    if isinstance(module, _CHANNELS_FIRST):
        return "maps", first, (1, last), 0
    for prefix in range(MOST_PREFIX + 1):
        grid = next((one for one in seen.grids[::-1] if math.prod(one) == first - prefix), (0, 0))
        if grid != (0, 0):
            return "tokens", last, grid, prefix
    for height, width in reversed(seen.grids):  # patches merged by two, by four, ...
        for share in (2, 4, 8, 16, 32):
            small = (-(-height // share), -(-width // share))
            if math.prod(small) > 1 and math.prod(small) == first:
                return "tokens", last, small, 0
    return "tokens", last, _rectangle(first, seen), 0


def _token_wise(module: nn.Module) -> bool:
    return isinstance(module, (nn.Linear, nn.LayerNorm))


def _rectangle(cells: int, seen: _Seen) -> tuple[int, int]:
    """Return the grid of `cells` that has the input's shape, else one row."""
    height = round(math.sqrt(cells * seen.aspect))
    if height > 1 and cells % height == 0 and _like_a_picture(height, cells // height, seen):
        return height, cells // height
    return 1, cells


def _like_a_picture(height: int, width: int, seen: _Seen) -> bool:
    """Tell whether a grid could be of the input's shape, rounding and padding allowed for."""
    return abs(height - width * seen.aspect) <= max(1.5, 0.1 * height)


def _does_nothing(module: nn.Module, kind: str) -> bool:
    if isinstance(module, (nn.Identity, nn.modules.dropout._DropoutNd)) or kind in _SKIPPED:
        return True
    return type(module) is nn.Sequential and len(module) == 0


def _family(module: nn.Module, kind: str) -> Family:
    for family, types in _FAMILIES:
        if isinstance(module, types):
            return family
    name = kind.lower()
    leaf = next(module.children(), None) is None
    if leaf and (
        type(module).__module__ == "torch.nn.modules.activation"
        or any(word in name for word in _ACTIVATIONS)
    ):
        return "activation"
    words = _BY_NAME if leaf else _BY_NAME[1:3]
    fitting = (family for family, parts in words if any(part in name for part in parts))
    return next(fitting, "other" if leaf else "block")
