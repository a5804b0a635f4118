"""The units that a unit is most connected to, on the pictures of a pass."""

from __future__ import annotations

import torch
from torch import Tensor

from nnvis.models.vision import VisionModel
from nnvis.probe import record
from nnvis.views.ablate import ablate
from nnvis.views.layout import as_maps, require_layer
from nnvis.views.pass_through import ForwardPass, backward
from nnvis.views.request import Ablation, AblationMode, Cells


def fed_by(
    passed: ForwardPass, layer: str, unit: int, earlier: str, cells: Cells = "sum"
) -> Tensor | None:
    """Return (C,), signed: what each unit of `earlier` gives to a unit, gradient x activation.

    To first order, what the unit would lose without it; mean over the pictures of the pass, which
    was asked for both layers. None where `earlier` does not feed the unit.
    """
    came = backward(passed, layer, unit, cells, to=[earlier], pixels=False).layers[earlier]
    if came is None:
        return None
    share = as_maps(came * passed.taps[earlier].values, passed.layers[earlier])
    return share.sum((2, 3)).mean(0)


@torch.no_grad()
def feeds(model: VisionModel, x: Tensor, layer: str, unit: int, later: str) -> Tensor:
    """Return (C,), signed: what each unit of `later` loses when a unit is switched off.

    Sums over cells, mean over the pictures x (N,C,H,W); takes two forward passes.

    Raises:
        UserError: there is no such layer or unit.
    """
    info = require_layer(model, later)

    def run() -> Tensor:
        with record(model, [later]) as seen:
            model(x)
        return as_maps(seen[later], info).sum((2, 3)).mean(0)

    whole = run()
    with ablate(model, [Ablation(layer, unit, AblationMode.ZERO)]):
        return whole - run()
