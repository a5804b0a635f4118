"""The input of the network held against what its own library documents: a job."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nnvis.engine.protocol.input_report import InputReport
from nnvis.engine.protocol.job import Job
from nnvis.engine.protocol.snapshot import Snapshot
from nnvis.progress import Steps

if TYPE_CHECKING:
    from nnvis.models.vision import VisionModel


def compare(snapshot: Snapshot) -> Job:
    """Feed the frame that is shown as nnvis does and as the library does -> Truth."""
    return Job("truth", partial(_compare, snapshot))


def _compare(snapshot: Snapshot, model: VisionModel) -> Steps[InputReport]:
    from nnvis.engine.input_check.compare import compare_input  # torch comes with the runner

    return (yield from compare_input(snapshot, model))
