"""What an index is of: all that its contents depend on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nnvis.errors import UserError
from nnvis.files.typed import typed
from nnvis.models.info import LayerInfo
from nnvis.models.preprocess import Fit

FORMAT = 1
SHARD = 512  # pictures that are lost at most when a run on this machine is cut short
MOST = 1 << 20  # units of a layer, pictures of a unit, pixels of a side


@dataclass(frozen=True, slots=True)
class IndexedLayer:
    """A layer of the index; see LayerInfo."""

    name: str
    units: int
    map_shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """Two runs of equal plans over equal pictures give equal files, however they were run.

    `block` pictures always pass the network together, the same ones in the same places, whatever
    came in between: kernels may round otherwise in another company.
    """

    source: str  # as `find_pictures` takes it
    model: str  # the spec
    weights_hash: str
    preprocessing: str
    input_size: tuple[int, int]  # height, width of what the network is fed
    device: str  # "cpu" "cuda" "mps": they round differently
    layers: tuple[IndexedLayer, ...]
    fit: Fit = Fit.CROP
    top: int = 9
    bottom: bool = False
    skip_duplicates: bool = False
    block: int = 16
    shard: int = SHARD
    thumbnail: int = 96  # pixels of the longer side, at most
    decoder: str = "pillow"  # or "torchvision", on the device; of JPEG files, and of their scaling
    runner: str = "pytorch"  # or the module of a library of `graph_libraries`; what computes
    request: Mapping[str, Any] = field(default_factory=dict)  # the other fields of ModelRequest

    @property
    def units(self) -> int:
        """Of all layers."""
        return sum(layer.units for layer in self.layers)

    def differs(self, other: IndexSpec) -> str:
        """Name the first thing in which `other` is another index; "" if it is the same."""
        mine, its = self.to_json(), other.to_json()
        return next((name.replace("_", " ") for name in mine if mine[name] != its.get(name)), "")

    def to_json(self) -> dict[str, Any]:
        """Return plain values; `from_json` reads them."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @staticmethod
    def from_json(stored: Mapping[str, Any], name: str) -> IndexSpec:
        """Read what `to_json` gave.

        Raises:
            UserError: it is not of this version; `name` is the file.
        """
        try:
            layers = tuple(
                IndexedLayer(one["name"], one["units"], _pair(one["map_shape"]))
                for one in stored["layers"]
            )
            rest = {**stored, "layers": layers, "input_size": _pair(stored["input_size"])}
            rest["fit"] = Fit(stored["fit"])
            spec = IndexSpec(**rest)
            _check(spec)
            return spec
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise UserError(f"{name} is no index of this version; make it anew") from error


def usual_layers(layers: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Return the blocks among `layers`, without those that hold others; else the activations."""
    blocks = [one for one in layers if one.family == "block"]
    inner = [
        one for one in blocks if not any(other.name.startswith(f"{one.name}.") for other in blocks)
    ]
    if inner:
        return inner
    for family in ("activation", "conv"):
        found = [one for one in layers if one.family == family]
        if found:
            return found
    return list(layers)


def _pair(values: Any) -> tuple[int, int]:
    first, second = values
    if not (type(first) is type(second) is int and 0 < first <= MOST and 0 < second <= MOST):
        raise ValueError("no two sizes")
    return first, second


def _check(spec: IndexSpec) -> None:
    """Refuse values of another type than they should have, and counts that no index has."""
    if not typed(spec).layers or not all(0 < one.units <= MOST for one in spec.layers):
        raise ValueError("layers")
    if not all(0 < one <= MOST for one in (spec.top, spec.block, spec.shard, spec.thumbnail)):
        raise ValueError("counts")
