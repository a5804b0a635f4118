"""Units switched off, turned up or held still during a pass, to see what the network does then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from torch import Tensor

from nnvis.errors import UserError
from nnvis.models.info import LayerInfo
from nnvis.models.vision import VisionModel
from nnvis.probe import listen
from nnvis.views.layout import as_maps, put_maps, require_layer, require_unit
from nnvis.views.request import Ablation, AblationMode


@contextmanager
def ablate(
    model: VisionModel, changes: Sequence[Ablation], held: Mapping[Ablation, Tensor] | None = None
) -> Iterator[None]:
    """Let `changes` happen in the passes inside the block, the later ones after the earlier.

    Gradients see the changed network as well. Enter `record` and `forward` inside, so that they
    see it too.

    Args:
        model: is as before afterwards, to the bit.
        changes: what to do.
        held: for MEAN and FREEZE, the value, (), or the map, (h,w).

    Raises:
        UserError: there is no such layer or unit, or a held value is missing or does not fit.
    """
    held = held or {}
    layers: dict[str, LayerInfo] = {}
    for change in changes:
        info = require_layer(model, change.layer)
        require_unit(info, change.unit)
        if change.how in (AblationMode.MEAN, AblationMode.FREEZE) and change not in held:
            raise UserError(f"there is no {change.how} of {change.layer} unit {change.unit} yet")
        layers[change.layer] = info

    def heard(name: str, output: Tensor) -> Tensor:
        changed = output.clone()
        maps = as_maps(changed, layers[name])
        for change in changes:
            if change.layer == name:
                _apply(change, maps[:, change.unit], held.get(change))
        put_maps(changed, layers[name], maps)
        return changed

    with listen(model, layers, heard):
        yield


def _apply(change: Ablation, maps: Tensor, held: Tensor | None) -> None:
    """Write into the (N,h,w) maps of one unit."""
    if change.how is AblationMode.ZERO:
        maps.zero_()
    elif change.how is AblationMode.SCALE:
        maps.mul_(change.factor)
    elif change.how is AblationMode.CLAMP:
        maps.clamp_(change.low, change.high)
    elif held is not None:
        if held.ndim and held.shape != maps.shape[1:]:
            raise UserError(
                f"the map held for {change.layer} unit {change.unit} is "
                f"{'x'.join(map(str, held.shape))}, not {'x'.join(map(str, maps.shape[1:]))}"
            )
        maps.copy_(held.to(maps).expand_as(maps))
