"""Twins as a job behind the live picture.

Importing this is cheap: torch is loaded by the job, on the runner's thread.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nnvis.engine.protocol.job import Job
from nnvis.engine.twins.answers import TwinBox
from nnvis.models.info import ModelRequest
from nnvis.progress import Steps

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel

SHARE = 0.5  # of the thread's time, while they are shown; else the job does not run


def watch(model_request: ModelRequest, box: TwinBox) -> Job:
    """Look at what lies in `box` with both networks until cancelled; its progress is TwinView."""
    return Job("twins", partial(_watch, model_request, box), SHARE)


def _watch(model_request: ModelRequest, box: TwinBox, model: VisionModel) -> Steps[None]:
    from nnvis.engine.twins.work import watch_twins

    yield from watch_twins(model, model_request, box)
