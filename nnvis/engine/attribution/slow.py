"""Slow views of one frame, while the stream goes on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Attribution, Snapshot
from nnvis.engine.render.attribution import attribution_parts, read_attribution
from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.progress import Steps
from nnvis.views.ablate import ablate
from nnvis.views.registry import SLOW_VIEWS
from nnvis.views.request import AblationMode, AttributionRequest


def look_slowly(snapshot: Snapshot, request: Request, model: VisionModel) -> Steps[Snapshot]:
    """Look back on the frame of `snapshot`, from the origin of `request`.

    Raises:
        UserError: there is no such unit or cell; or units are held, which one frame does not tell.
    """
    origin = request.origin
    assert origin is not None
    found, note = yield from _find(model, model.tensor(snapshot.fed), origin, request)
    fed = torch.from_numpy(snapshot.fed).to(found.device)
    return replace(
        snapshot,
        attribution=read_attribution(
            attribution_parts(found[0], True, fed, request, origin, note=note)
        ),
        request=replace(request, attribution=replace(origin, pinned=True)),
    )


def repaint(found: Attribution, fed: NDArray[np.uint8], request: Request) -> Attribution:
    """Paint the values of `found` as `request` has it."""
    values, picture = torch.from_numpy(found.values), torch.from_numpy(fed)
    return read_attribution(
        attribution_parts(values, True, picture, request, found.origin, found.at, found.note)
    )


def _find(
    model: VisionModel, x: Tensor, origin: AttributionRequest, request: Request
) -> Steps[tuple[Tensor, str]]:
    """Step the view; what is switched off is so within its steps alone, not in looks between.

    The last note of its steps is what is to be said of the result.
    """
    changes = request.ablation.units
    if any(one.how in (AblationMode.MEAN, AblationMode.FREEZE) for one in changes):
        raise UserError(
            f"{origin.view} cannot tell at what units are held; put back those that are held"
        )
    steps = SLOW_VIEWS[origin.view](
        model,
        x,
        layer=origin.layer,
        unit=origin.unit,
        cells=origin.cells,
        **dict(origin.parameters),
    )
    note = ""
    try:
        while True:
            with ablate(model, changes):
                try:
                    progress = next(steps)
                except StopIteration as done:
                    return done.value, note
            note = progress.note
            yield progress
    finally:
        steps.close()
