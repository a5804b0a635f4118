"""The views that take their time, as jobs on a frame that was shown.

Importing this is cheap: torch is loaded by the job, on the runner's thread.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.request import Request
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.progress import Steps

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel


def attribute_slowly(snapshot: Snapshot, request: Request) -> Job:
    """Look back from the origin of `request` on the frame shown -> Snapshot with `backward`."""
    assert request.origin is not None
    return Job(request.origin.view, partial(_attribute_slowly, snapshot, request))


def score_view(snapshot: Snapshot) -> Job:
    """Measure what the view of `snapshot` is worth -> Snapshot whose `attribution` has a score."""
    return Job("score of a view", partial(_score_view, snapshot))


def repaint(snapshot: Snapshot, request: Request) -> Job:
    """Paint what a slow view found as `request` has it now -> Snapshot with `backward`."""
    return Job("repaint", partial(_repaint, snapshot, request))


def _attribute_slowly(snapshot: Snapshot, request: Request, model: VisionModel) -> Steps[Snapshot]:
    from nnvis.engine.attribution.slow import attribute_slowly

    return (yield from attribute_slowly(snapshot, request, model))


def _score_view(snapshot: Snapshot, model: VisionModel) -> Steps[Snapshot]:
    from nnvis.engine.attribution.slow import score_view

    return (yield from score_view(snapshot, model))


def _repaint(snapshot: Snapshot, request: Request, _model: object) -> Steps[Snapshot]:
    from nnvis.engine.attribution.slow import repaint

    assert snapshot.attribution is not None
    yield from ()
    attribution = repaint(snapshot.attribution, snapshot.fed, request)
    asked = replace(snapshot.request, display=request.display, shading=request.shading)
    return replace(snapshot, attribution=attribution, request=asked)
