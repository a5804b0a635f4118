"""Slow views of one frame, while the stream goes on."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnvis.engine.protocol.request import AblationRequest, Request
from nnvis.engine.protocol.snapshot import Attribution, Snapshot
from nnvis.engine.render.attribution import attribution_parts, read_attribution
from nnvis.errors import UserError
from nnvis.models.vision import VisionModel
from nnvis.progress import Steps
from nnvis.views.ablate import ablate
from nnvis.views.faithfulness import faithfulness
from nnvis.views.features.concepts import without_concepts
from nnvis.views.registry import EVERY_VIEW, SLOW_VIEWS, ViewKind
from nnvis.views.request import AblationMode, AttributionRequest

R = TypeVar("R")


def attribute_slowly(snapshot: Snapshot, request: Request, model: VisionModel) -> Steps[Snapshot]:
    """Look back on the frame of `snapshot`, from the origin of `request`.

    Raises:
        UserError: there is no such unit or cell; or units are held, which one frame does not tell.
    """
    origin = request.origin
    assert origin is not None
    seen = model
    if origin.region is not None:
        seen, origin = model.at(snapshot.now(origin.region)), replace(origin, cells="sum")
    found, note = yield from _find(seen, model.tensor(snapshot.fed), origin, request)
    fed = torch.from_numpy(snapshot.fed).to(found.device)
    return replace(
        snapshot,
        attribution=read_attribution(
            attribution_parts(
                found[0], SLOW_VIEWS[origin.view].signed, fed, request, origin, origin.at, note
            )
        ),
        request=replace(
            request,
            attribution=replace(
                origin, pinned=True, through=origin.passed is not None, passed=None
            ),
        ),
    )


def score_view(snapshot: Snapshot, model: VisionModel) -> Steps[Snapshot]:
    """Measure by deletion and insertion what the view of `snapshot` is worth on its frame.

    Raises:
        UserError: there is nothing to measure it by; or units are held.
    """
    found = snapshot.attribution
    assert found is not None
    origin = found.origin
    if origin.region is not None:
        model, origin = model.at(snapshot.now(origin.region)), replace(origin, cells="sum")
    steps = faithfulness(
        model,
        model.tensor(snapshot.fed),
        torch.from_numpy(found.values)[None].to(model.device),
        origin.unit,
        layer=origin.layer,
        cells=origin.cells,
        shares=EVERY_VIEW[origin.view].shares,
    )
    score, _ = yield from _changed(model, snapshot.request.ablation, steps, "a score")
    return replace(snapshot, attribution=replace(found, score=score))


def repaint(found: Attribution, fed: NDArray[np.uint8], request: Request) -> Attribution:
    """Paint the values of `found` as `request` has it."""
    values, picture = torch.from_numpy(found.values), torch.from_numpy(fed)
    signed = EVERY_VIEW[found.origin.view].signed
    return read_attribution(
        attribution_parts(values, signed, picture, request, found.origin, found.at, found.note)
    )


def _find(
    model: VisionModel, x: Tensor, origin: AttributionRequest, request: Request
) -> Steps[tuple[Tensor, str]]:
    """Step the view; the last note of its steps is what is to be said of the result."""
    view = SLOW_VIEWS[origin.view]
    more: dict[str, object] = {"at": origin.at or None} if view.kind is ViewKind.CAM else {}
    if view.through:
        more["through"] = origin.passed
    steps = view(
        model,
        x,
        layer=origin.layer,
        unit=origin.unit,
        cells=origin.cells,
        **more,
        **dict(origin.parameters),
    )
    return (yield from _changed(model, request.ablation, steps, origin.view))


def _changed(
    model: VisionModel, changes: AblationRequest, steps: Steps[R], what: str
) -> Steps[tuple[R, str]]:
    """Take `steps`; what is switched off is so within them alone, not in looks between.

    Returns:
        Their result, and the last note.
    """
    if any(one.how in (AblationMode.MEAN, AblationMode.FREEZE) for one in changes.units):
        raise UserError(f"{what} cannot tell at what units are held; put back those that are held")
    note = ""
    try:
        while True:
            with ExitStack() as changed:
                changed.enter_context(ablate(model, changes.units))
                if changes.concepts is not None:
                    off = changes.concepts
                    changed.enter_context(without_concepts(model, off.basis, [off.off]))
                try:
                    progress = next(steps)
                except StopIteration as done:
                    return done.value, note
            note = progress.note
            yield progress
    finally:
        steps.close()
